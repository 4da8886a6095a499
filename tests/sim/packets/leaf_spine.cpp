// Builds a leaf-spine twice, and matrices for it.
// Does not know what is compared.

#include "tests/sim/packets/leaf_spine.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "sim/fabric_model.hpp"
#include "tests/sim/networks.hpp"

namespace teapot::packets {
namespace {

std::size_t index_of(int i) { return static_cast<std::size_t>(i); }

/// The standard library's distributions differ from one to the next; these do not.
double unit(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }
double normal(std::mt19937_64& random) {
  const double radius = std::sqrt(-2 * std::log(1 - unit(random)));
  return radius * std::cos(2 * std::acos(-1.0) * unit(random));
}
std::vector<double> power_law(int hosts, double alpha, std::mt19937_64& random) {
  std::vector<double> weight;
  for (int i = 0; i < hosts; ++i) weight.push_back(std::pow(i + 1.0, -alpha));
  for (int i = hosts - 1; i > 0; --i)
    std::swap(weight[index_of(i)], weight[index_of(static_cast<int>(unit(random) * (i + 1)))]);
  return weight;
}
/// So that a pair has this many bytes in the mean.
Matrix scaled(Matrix matrix, int hosts, double mean) {
  for (int i = 0; i < hosts; ++i) matrix[index_of(i * hosts + i)] = 0;
  const double sum = std::accumulate(matrix.begin(), matrix.end(), 0.0);
  for (double& bytes : matrix) bytes = std::floor(bytes * mean * hosts * (hosts - 1) / sum);
  return matrix;
}

}  // namespace

std::vector<Wire> LeafSpine::wires() const {
  return std::vector<Wire>(index_of(2 * hosts + 2 * leaves * spines), {bytes_per_s, latency_s});
}

std::vector<std::vector<int>> LeafSpine::paths(int from, int to) const {
  const int out = from * leaves / hosts;
  const int in = to * leaves / hosts;
  if (out == in) return {{from, hosts + to}};
  std::vector<std::vector<int>> paths;
  const int hashed = static_cast<int>(std::mt19937_64{index_of(from * hosts + to)}() % index_of(spines));
  for (int s = spread ? 0 : hashed; s < (spread ? spines : hashed + 1); ++s) {
    paths.push_back({from, 2 * hosts + out * spines + s, 2 * hosts + leaves * spines + s * leaves + in, hosts + to});
  }
  return paths;
}

Network LeafSpine::network(Backlog backlog) const {
  Network network;
  network.backlog = backlog;
  const int leaf = hosts;
  const int spine = hosts + leaves;
  for (int n = 0; n < spine + spines; ++n) network.nodes.push_back({std::to_string(n), n < hosts ? "gpu" : "switch"});
  const auto link = [&](int from, int to) {
    network.links.push_back({"link-" + std::to_string(network.links.size()), "nic", from, to,
                             BytesPerSecond{bytes_per_s}, Seconds{}, true});
  };
  for (int h = 0; h < hosts; ++h) link(h, leaf + h * leaves / hosts);
  for (int h = 0; h < hosts; ++h) link(leaf + h * leaves / hosts, h);
  for (int l = 0; l < leaves; ++l)
    for (int s = 0; s < spines; ++s) link(leaf + l, spine + s);
  for (int s = 0; s < spines; ++s)
    for (int l = 0; l < leaves; ++l) link(spine + s, leaf + l);
  for (int h = 0; h < hosts; ++h) network.gpus.push_back(h);
  for (int h = 0; h < hosts; ++h) network.domain.push_back(h);
  network.route = [fabric = *this](int from, int to) {
    std::vector<double> share(fabric.wires().size());
    if (from == to) return Route{};
    const auto paths = fabric.paths(from, to);
    for (const auto& path : paths)
      for (const int wire : path) share[index_of(wire)] += 1.0 / static_cast<double>(paths.size());
    Route route;
    for (std::size_t w = 0; w < share.size(); ++w)
      if (share[w] > 0) route.push_back({static_cast<int>(w), share[w]});
    return route;
  };
  return network;
}

Matrix uniform(int hosts, double bytes) { return scaled(Matrix(index_of(hosts * hosts), 1.0), hosts, bytes); }

Matrix popular(int hosts, double mean, double receivers_alpha, double senders_alpha, unsigned seed) {
  std::mt19937_64 random{seed};
  const std::vector<double> received = power_law(hosts, receivers_alpha, random);
  const std::vector<double> sent = power_law(hosts, senders_alpha, random);
  Matrix matrix;
  for (int i = 0; i < hosts; ++i)
    for (int j = 0; j < hosts; ++j) matrix.push_back(sent[index_of(i)] * received[index_of(j)]);
  return scaled(std::move(matrix), hosts, mean);
}

Matrix lognormal(int hosts, double mean, double sigma, unsigned seed) {
  std::mt19937_64 random{seed};
  Matrix matrix(index_of(hosts * hosts));
  for (double& bytes : matrix) bytes = std::exp(sigma * normal(random));
  return scaled(std::move(matrix), hosts, mean);
}

Matrix partners(int hosts, double mean, double times) {
  Matrix matrix;
  for (int i = 0; i < hosts; ++i)
    for (int j = 0; j < hosts; ++j) matrix.push_back((j * 37 + i * 11) % 61 < 2 ? times : 1.0);
  return scaled(std::move(matrix), hosts, mean);
}

std::vector<Message> messages(const LeafSpine& fabric, const Matrix& matrix) {
  std::vector<Message> all;
  for (int i = 0; i < fabric.hosts; ++i)
    for (int j = 0; j < fabric.hosts; ++j)
      if (i != j) all.push_back({i, j, matrix[index_of(i * fabric.hosts + j)], fabric.paths(i, j)});
  return all;
}

double bound_s(const LeafSpine& fabric, const Matrix& matrix) {
  std::vector<double> bytes(fabric.wires().size());
  for (const Message& m : messages(fabric, matrix))
    for (const auto& path : m.paths)
      for (const int wire : path) bytes[index_of(wire)] += m.bytes / static_cast<double>(m.paths.size());
  return *std::max_element(bytes.begin(), bytes.end()) / fabric.bytes_per_s;
}

double fluid_s(const LeafSpine& fabric, const Matrix& matrix, Backlog backlog) {
  const Program exchange =
      teapot::testing::program(fabric.hosts, {teapot::testing::collective(from_dense(fabric.hosts, matrix), Bytes{1})});
  const Network network = fabric.network(backlog);
  FabricModel model{network, exchange};
  const int transfer = model.begin(exchange.operators[0]);
  for (int h = 0; h < fabric.hosts; ++h) model.enter(transfer, h, 0);
  double end = 0;
  std::vector<FabricModel::Arrival> arrivals;
  for (double next = model.next_event(); next != never; next = model.next_event()) {
    model.advance(next, arrivals);
    end = next;
  }
  return end;
}

}  // namespace teapot::packets

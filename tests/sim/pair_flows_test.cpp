// Depth `pair` against max-min sharing written down plainly: every pair by itself, all links, a new share whenever one
// starts or ends.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "sim/engine.hpp"
#include "sim/pair_paths.hpp"
#include "tests/sim/networks.hpp"

using namespace teapot;
using namespace teapot::literals;
using namespace teapot::testing;

namespace {

struct PlainFlow {
  int source, destination;
  double start_s, bytes;
  double rate = 0;
  bool fixed = false;
};

/// Water rises in all flows alike until a link is full, whose flows then stay as they are.
void share_plainly(std::vector<PlainFlow*>& flows, const Network& network) {
  std::vector<double> left;
  std::vector<int> open(network.links.size());
  for (const Link& link : network.links) left.push_back(link.bandwidth.value);
  for (PlainFlow* f : flows) f->fixed = false;
  const auto links = [&](const PlainFlow& f) { return network.route(f.source, f.destination); };
  for (PlainFlow* f : flows) {
    for (const Hop& hop : links(*f)) ++open[static_cast<std::size_t>(hop.link)];
  }
  for (std::size_t fixed = 0; fixed < flows.size();) {
    double level = std::numeric_limits<double>::infinity();
    for (std::size_t l = 0; l < left.size(); ++l) {
      if (open[l] > 0) level = std::min(level, left[l] / open[l]);
    }
    std::set<int> full;
    for (std::size_t l = 0; l < left.size(); ++l) {
      if (open[l] > 0 && left[l] / open[l] <= level * (1 + 1e-12)) full.insert(static_cast<int>(l));
    }
    for (PlainFlow* f : flows) {
      const Route route = links(*f);
      if (f->fixed || std::none_of(route.begin(), route.end(), [&](const Hop& h) { return full.contains(h.link); }))
        continue;
      f->fixed = true;
      f->rate = level;
      ++fixed;
      for (const Hop& hop : route) {
        left[static_cast<std::size_t>(hop.link)] -= level;
        --open[static_cast<std::size_t>(hop.link)];
      }
    }
  }
}

/// When the last byte from or to each rank has arrived.
std::vector<double> plain_ends(std::vector<PlainFlow> flows, const Network& network) {
  std::vector<double> ends(static_cast<std::size_t>(network.ranks()));
  double now = 0;
  for (;;) {
    std::vector<PlainFlow*> live;
    double next = std::numeric_limits<double>::infinity();
    for (PlainFlow& f : flows) {
      if (f.bytes > 0 && f.start_s <= now) live.push_back(&f);
      if (f.bytes > 0 && f.start_s > now) next = std::min(next, f.start_s);
    }
    if (live.empty() && next == std::numeric_limits<double>::infinity()) return ends;
    share_plainly(live, network);
    for (const PlainFlow* f : live) next = std::min(next, now + f->bytes / f->rate);
    for (PlainFlow* f : live) {
      f->bytes -= f->rate * (next - now);
      if (f->bytes > 1e-6) continue;
      f->bytes = 0;
      for (const int end : {f->source, f->destination}) ends[static_cast<std::size_t>(end)] = next;
    }
    now = next;
  }
}

/// Nodes of four GPUs on an NVSwitch; GPU i is on plane i, other planes are reached over NVLink first. Planes have a
/// trunk between the two halves of the nodes. The links of node n and GPU g: NVLink up and down, PCIe up and down, NIC
/// up and down.
constexpr int gpus = 4;

Network planes(int nodes, BytesPerSecond nvlink, BytesPerSecond pcie, BytesPerSecond nic, BytesPerSecond trunk) {
  Network network;
  network.name = "planes";
  const int ranks = nodes * gpus;
  network.nodes.resize(1);
  for (int r = 0; r < ranks; ++r) {
    network.gpus.push_back(0);
    network.domain.push_back(r / gpus);
    for (const auto bandwidth : {nvlink, nvlink, pcie, pcie, nic, nic}) {
      const bool inside = network.links.size() % 6 < 2;
      network.links.push_back(
          {std::to_string(network.links.size()), inside ? "nvlink" : "nic", 0, 0, bandwidth, inside ? 0.3_us : 0.5_us});
    }
  }
  for (int t = 0; t < 2 * gpus; ++t)
    network.links.push_back({"trunk-" + std::to_string(t), "leaf", 0, 0, trunk, 0.5_us});
  network.route = [nodes, ranks](int s, int d) {
    Route route;
    const int plane = d % gpus, by = s / gpus * gpus + plane;
    if (s == d) return route;
    if (by != s) route.insert(route.end(), {{6 * s, 1}, {6 * by + 1, 1}});
    if (s / gpus == d / gpus) return route;
    route.insert(route.end(), {{6 * by + 2, 1}, {6 * by + 4, 1}});
    const bool left = s / gpus < nodes / 2;
    if (left != (d / gpus < nodes / 2)) route.push_back({6 * ranks + 2 * plane + (left ? 0 : 1), 1});
    route.insert(route.end(), {{6 * d + 5, 1}, {6 * d + 3, 1}});
    return route;
  };
  return network;
}

void compare(const Network& network, std::uint64_t seed, int most_copies) {
  const int ranks = network.ranks();
  std::mt19937_64 random{seed};
  std::vector<double> dense(static_cast<std::size_t>(ranks * ranks));
  for (auto& copies : dense) copies = static_cast<double>(random() % static_cast<unsigned>(most_copies + 1));
  std::vector<Seconds> late;
  for (int r = 0; r < ranks; ++r) late.push_back(Seconds{static_cast<double>(random() % 1000) * 1e-8});
  const Program p = program(ranks, {compute(late), collective(from_dense(ranks, dense), 7168.0_B, {0})});
  SimulationOptions options;
  options.network = NetworkDepth::pair;
  const Timeline t = simulate(p, network, options);

  std::vector<PlainFlow> flows;
  std::vector<double> come(static_cast<std::size_t>(ranks));
  for (int s = 0; s < ranks; ++s) {
    for (int d = 0; d < ranks; ++d) {
      const double copies = dense[static_cast<std::size_t>(s * ranks + d)];
      if (s == d || copies == 0) continue;
      const double sent = late[static_cast<std::size_t>(s)].value + latency(network, network.route(s, d)).value;
      flows.push_back({s, d, std::max(sent, late[static_cast<std::size_t>(d)].value), copies * 7168});
    }
  }
  const std::vector<double> ends = plain_ends(flows, network);
  for (int r = 0; r < ranks; ++r) {
    CAPTURE(r);
    CHECK(t.end(1, r).value == doctest::Approx(ends[static_cast<std::size_t>(r)]).epsilon(1e-9));
  }
}

}  // namespace

TEST_CASE("pair flows: every rank ends when plain max-min sharing of every pair says") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    compare(star(12, 50.0_GBps, 1.0_us), seed, 9);
    compare(dumbbell(12, 50.0_GBps, 120.0_GBps, 1.0_us), seed, 9);
    for (const double nvlink : {30.0, 70.0, 160.0}) {
      for (const double trunk : {20.0, 90.0, 1000.0}) {
        CAPTURE(nvlink);
        CAPTURE(trunk);
        compare(planes(4, nvlink * 1.0_GBps, 63.0_GBps, 50.0_GBps, trunk * 1.0_GBps), seed, 9);
        compare(planes(4, nvlink * 1.0_GBps, 63.0_GBps, 50.0_GBps, trunk * 1.0_GBps), seed, 1);
      }
    }
  }
}

TEST_CASE("pair flows: links never bind where what comes to them, or goes on from them, carries no more") {
  using Ways = std::vector<std::vector<int>>;
  const auto never = [](const Ways& ways, const std::vector<double>& rates) {
    std::vector<std::span<const int>> spans(ways.begin(), ways.end());
    return links_that_never_bind(spans, rates);
  };
  // Two NICs onto a cable: only where it is as wide as both.
  CHECK(never({{0, 2}, {1, 2}}, {50, 50, 100}) == std::vector<char>{0, 0, 1});
  CHECK(never({{0, 2}, {1, 2}}, {50, 50, 99}) == std::vector<char>{0, 0, 0});
  // Of two as fast in a row one is left, whichever.
  CHECK(never({{0, 1}}, {50, 50}) == std::vector<char>{0, 1});
  // What begins in the middle comes from nowhere; but it goes on.
  CHECK(never({{0, 1, 2}, {1, 2}}, {10, 50, 50}) == std::vector<char>{0, 0, 1});
  // A ring that nobody goes round leaves what carries it.
  CHECK(never({{0, 1}, {1, 2}, {2, 0}}, {50, 50, 50}) == std::vector<char>{0, 0, 0});
}

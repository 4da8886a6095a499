// What of a service's scenario is one unit's, and what is shared.
// Runs nothing but the transfer of one cache.

#include "analysis/serving/pool_scenario.hpp"

#include <algorithm>

#include "analysis/scenario/failed_parts.hpp"
#include "analysis/scenario/tree_edit.hpp"
#include "sim/engine.hpp"
#include "topologies/topology.hpp"

namespace teapot {
namespace {

/// Keys of a pool that say how it serves; the others are those of `deployment:`.
constexpr const char* serving_keys[] = {"units", "max_tokens", "max_requests_per_gpu"};

}  // namespace

Tree pool_tree(const Tree& tree, const Config& pool, const char* phase) {
  Tree all = tree;
  erase(all, "requests");
  erase(all, "serving");
  Tree deployment;
  deployment.kind = Tree::Kind::mapping;
  if (const Tree* own = tree.find("deployment"); own != nullptr && own->kind == Tree::Kind::mapping) deployment = *own;
  if (pool.is_mapping()) deployment = overlay(deployment, pool.tree());
  for (const char* key : serving_keys) erase(deployment, key);
  for (const char* key : {"concurrency", "context_tokens", "requests_per_gpu"}) erase(deployment, key);
  set_path(deployment, "requests_per_gpu", scalar("2"));
  set_path(deployment, "context_tokens", scalar("1"));
  set_path(all, "deployment", deployment);
  set_path(all, "phase", scalar(phase));
  set_path(all, "simulation.replicas", scalar("all"));  // a unit's groups differ in what they hold
  return all;
}

Fabric fabric_of(const Tree& tree) { return build_fabric(Config{fabric_tree(tree)}); }

/// Each GPU of the first prefill group sends its part of the cache to one of the first decode group, nothing else on
/// the way; in the time of one byte and of a whole cache, between which it is a straight line.
std::function<double(int)> cache_transfer(const Network& network, const CacheTransfer& t) {
  const int total = network.ranks();
  const int senders = t.prefill.layout.tensor_parallel;
  const int receivers = t.decode.layout.tensor_parallel;
  const int lanes = std::max(senders, receivers);
  const auto seconds = [&](double bytes) {
    std::vector<double> copies(static_cast<std::size_t>(total) * static_cast<std::size_t>(total));
    for (int lane = 0; lane < lanes; ++lane) {
      const auto row = static_cast<std::size_t>(t.decode_gpus + lane % senders);
      copies[row * static_cast<std::size_t>(total) + static_cast<std::size_t>(lane % receivers)] += 1;
    }
    Collective send;
    send.traffic = std::make_shared<const Traffic>(from_dense(total, copies));
    send.bytes_per_copy = Bytes{bytes / lanes};
    charge(send, t.decode.machine.collective({"send", send.bytes_per_copy, 2, 2}));  // the pools are servers apart
    Program program;
    program.ranks = total;
    program.streams = {"transfer"};
    program.operators.push_back({"kv-transfer", -1, 0, 0, {}, send});
    return simulate(program, network).step.value;
  };
  const double unit = t.bytes_per_token.value;
  const double first = seconds(unit);
  const double many = seconds(unit * 4097);
  return [=](int tokens) { return first + (many - first) * (tokens - 1) / 4096; };
}

CacheStreams cache_streams(const Network& network, const CacheTransfer& t) {
  CacheStreams streams;
  Network& own = streams.network = network;
  const auto ranks = static_cast<std::size_t>(t.decode.layout.gpus);
  own.gpus.resize(ranks);
  own.domain.resize(ranks);
  if (!own.host.empty()) own.host.resize(ranks);
  if (!own.alike.empty()) own.alike.resize(ranks);
  const int hosts = static_cast<int>(network.passive.size());
  streams.first_sender = hosts;
  streams.sender_gpus = t.prefill.layout.tensor_parallel;
  streams.senders = t.prefill.layout.gpus / t.prefill.layout.pipeline_gpus();
  streams.bytes_per_token = t.bytes_per_token;
  for (int gpu = 0; gpu < t.prefill.layout.gpus; ++gpu)
    own.passive.push_back(network.gpus[static_cast<std::size_t>(t.decode_gpus + gpu)]);
  // Endpoints of the whole network: all its ranks, then its hosts.
  const auto of_all = [ranks = t.decode.layout.gpus, hosts, all = network.ranks(),
                       first = t.decode_gpus](int endpoint) {
    if (endpoint < ranks) return endpoint;
    const int passive = endpoint - ranks;
    return passive < hosts ? all + passive : first + passive - hosts;
  };
  own.route = [route = network.route, of_all](int from, int to) { return route(of_all(from), of_all(to)); };
  return streams;
}

}  // namespace teapot

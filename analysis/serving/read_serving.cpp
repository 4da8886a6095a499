// Reading a service: pools from `serving:`, requests from `requests:`.
// Runs nothing.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/scenario/failed_parts.hpp"
#include "analysis/serving/fabric_epochs.hpp"
#include "analysis/serving/pool_scenario.hpp"
#include "analysis/serving/serving.hpp"
#include "sim/limits.hpp"
#include "topologies/topology.hpp"
#include "workloads/layout/memory.hpp"
#include "workloads/model/mixer.hpp"

namespace teapot {
namespace {

/// What the GPUs that share attention keep for a sequence of so many tokens.
Bytes kept_by_group(const Scenario& s, double tokens) {
  Bytes sum;
  Sequences one;
  one.count = 1;
  one.context = tokens;
  for (const Layer& layer : with_cache_window(s.model, s.execution.precision.kv_window).layers) {
    sum += mixer_of(layer.attention).kept(layer.attention, s.execution.precision.kv, one, s.layout.tensor_parallel);
  }
  return sum / s.layout.pipeline_parallel;
}

/// Tokens of cache that each GPU of a group has room for beside its weights.
double cache_tokens(const Scenario& s, const Config& deployment, double length) {
  Load none;
  none.requests[0].counts = {0};
  const Memory memory = memory_per_gpu(s.model, s.layout, none, s.execution.precision, s.speculation.draft_tokens > 0,
                                       s.execution.draft.get());
  const Bytes room = s.accelerator.memory * deployment.fraction_or("memory_fraction", 0.95) - memory.weights;
  return std::max(0.0, room / kept_by_group(s, length) * length);
}

double longest(const ArrivalProcess& a) {
  double most = 0;
  for (const Arrival& each : arrivals(a)) most = std::max<double>(most, each.prompt_tokens + each.output_tokens);
  return most;
}

/// Of a step of the GPUs that share attention; the key counts them for each.
int most_new_tokens(const Config& config, const char* key, int otherwise, int tensor_parallel) {
  const int tokens = config.positive_or<int>(key, otherwise);
  limits::at_most(config, key, tokens, std::floor(limits::tokens / tensor_parallel));
  return tokens * tensor_parallel;
}

Pool read_pool(const Config& pool, const Scenario& s) {
  Pool p;
  const int tp = s.layout.tensor_parallel;
  p.units = pool.positive_or<int>("units", 1);
  limits::at_most(pool, "units", p.units, limits::gpus);
  p.groups = s.layout.attention_gpus() / (tp * s.layout.pipeline_parallel);
  const int requests = pool.positive_or<int>("max_requests_per_gpu", 128);
  limits::at_most(pool, "max_requests_per_gpu", requests, limits::requests / tp);
  p.max_requests = requests * tp;
  p.max_new_tokens = most_new_tokens(pool, "max_tokens", 16384, tp);
  return p;
}

ServingLimits read_limits(const Config& limits) {
  ServingLimits l;
  if (limits.has("ttft")) l.ttft = limits.positive<Seconds>("ttft");
  if (limits.has("tpot")) l.tpot = limits.positive<Seconds>("tpot");
  return l;
}

void check_fit(const ServingScenario& s, const Config& requests) {
  const auto all = arrivals(s.arrivals);
  if (all.empty()) requests.fail(fmt::format("no request comes within {:g} s", s.arrivals.duration_s));
  for (const Arrival& a : all) {
    if (fits(a, s.shape)) continue;
    requests.fail(
        fmt::format("a request of {} and {} tokens needs more cache than the {:.0f} tokens that {} GPUs have "
                    "beside the weights",
                    a.prompt_tokens, a.output_tokens, s.shape.decode.cache_tokens, s.decode.layout.tensor_parallel));
  }
}

/// How the engine lets requests in and tokens out; `steps_ahead` is its stack's unless the scenario says otherwise.
Admission read_admission(const Config& scheduler, int steps_ahead) {
  const auto steps = [&](const char* key, int otherwise, int least) {
    const int value = scheduler.get_or<int>(key, otherwise);
    if (value < least || value > 10'000) scheduler.at(key).fail(fmt::format("must be from {} to 10,000", least));
    return value;
  };
  return {steps("steps_ahead", steps_ahead, 0), steps("poll_steps", 1, 1), steps("wait_steps", 0, 0),
          steps("stream_tokens", 1, 1)};
}

/// Whether the unit that decodes has GPUs for feed-forwards alone, as `placement` says.
void check_sides(const Config& serving, const Config& decode, const std::string& placement, const Layout& layout) {
  const bool wanted = placement == "attention-ffn";
  if (wanted == layout.apart()) return;
  if (wanted) serving.at("placement").fail("needs serving.decode.attention_gpus: how many GPUs of a unit attend");
  (decode.has("attention_gpus") ? decode.at("attention_gpus") : serving)
      .fail(
          "GPUs for feed-forwards alone are of `placement: attention-ffn`, on which prompts have a pool of their own");
}

void read_pools(const Tree& tree, const Config& serving, ServingScenario& s) {
  const std::string placement =
      serving.choice_or("placement", {"disaggregated", "co-located", "attention-ffn"}, "co-located");
  const bool apart = placement != "co-located";
  if (!apart && serving.has("prefill")) serving.at("prefill").fail("is a pool of placement: disaggregated");
  if (!apart && serving.has("kv_transfer")) serving.at("kv_transfer").fail("is of placement: disaggregated");
  const bool by_layer = serving.choice_or("kv_transfer", {"at-end", "by-layer"}, "at-end") == "by-layer";
  const Config decode = serving.section("decode");
  s.decode = read_scenario(pool_tree(tree, decode, "decode"), s.name);
  check_sides(serving, decode, placement, s.decode.layout);
  s.shape.apart = apart;
  s.shape.seed = s.decode.seed;
  s.shape.decode = read_pool(decode, s.decode);
  s.shape.acceptance = s.decode.speculation.acceptance;
  const Config scheduler = serving.section("scheduler");
  scheduler.choice_or("policy", {"fcfs"}, "fcfs");
  scheduler.choice_or("preemption", {"recompute"}, "recompute");
  s.shape.admission = read_admission(scheduler, s.decode.machine.runtime.steps_ahead);
  const int chunk = most_new_tokens(scheduler, "chunk_tokens", 2048, s.decode.layout.tensor_parallel);
  if (!apart) s.shape.decode.max_new_tokens = chunk;
  s.decode_gpus = static_cast<double>(s.shape.decode.units) * s.decode.layout.gpus;
  if (by_layer) s.shape.cache_parts = static_cast<int>(s.decode.model.layers.size());
  if (apart) {
    const Config prefill = serving.section("prefill");
    s.prefill = read_scenario(pool_tree(tree, prefill, "prefill"), s.name);
    s.shape.prefill = read_pool(prefill, *s.prefill);
    s.prefill_gpus = static_cast<double>(s.shape.prefill.units) * s.prefill->layout.gpus;
  }
  if (s.prefill_gpus + s.decode_gpus > 65'535) serving.fail("names more than 65,535 GPUs");
  s.gpus = static_cast<int>(s.prefill_gpus + s.decode_gpus);
}

/// Both pools of a tree whose fabric has failed parts; everything else has been read before.
DamagedPools damaged_pools(const Tree& tree, const Config& serving, const ServingScenario& s, double from_s) {
  const Network network = to_network(fabric_of(tree), s.gpus);
  try {
    check_reach(network);
  } catch (const ConfigError& e) {
    serving.at("failures").fail(fmt::format("from {:g} s on nothing can be served: {}", from_s, e.what()));
  }
  DamagedPools pools{read_scenario(pool_tree(tree, serving.section("decode"), "decode"), s.name), {}, {}, {}};
  if (!s.prefill) return pools;
  pools.prefill = read_scenario(pool_tree(tree, serving.section("prefill"), "prefill"), s.name);
  const CacheTransfer way{*pools.prefill, pools.decode, static_cast<int>(s.decode_gpus), s.moved_bytes_per_token};
  pools.move_cache = cache_transfer(network, way);
  pools.streams = cache_streams(network, way);
  return pools;
}

void read_epochs(const Tree& tree, const Config& serving, ServingScenario& s) {
  std::map<std::string, int> known;  // by what has failed
  for (const FabricEpoch& epoch : fabric_epochs(read_failures(serving))) {
    const std::string failed = epoch.words();
    int damaged = -1;
    if (!epoch.failed.empty()) {
      const auto [found, fresh] = known.emplace(failed, static_cast<int>(s.damaged.size()));
      damaged = found->second;
      if (fresh) s.damaged.push_back(damaged_pools(with_failures(tree, epoch.failed), serving, s, epoch.from_s));
    }
    s.epochs.push_back({epoch.from_s, failed, damaged});
  }
}

}  // namespace

bool is_service(const Tree& scenario) {
  const Tree* requests = scenario.find("requests");
  return requests != nullptr && requests->find("arrivals") != nullptr;
}

ServingScenario read_serving(const Tree& tree, const std::string& name) {
  const Config config{tree};
  ServingScenario s;
  s.name = name;
  const Config requests = config.at("requests");
  const Config serving = config.section("serving");
  const auto seed = config.section("simulation").non_negative_or<std::int64_t>("seed", 1);
  s.arrivals = read_arrivals(requests, static_cast<std::uint64_t>(seed));
  s.limits = read_limits(requests.section("limits"));
  read_pools(tree, serving, s);
  if (config.has("platform")) config.at("platform").fail("cannot serve yet; name a fabric");
  const Fabric fabric = fabric_of(tree);
  if (const int have = fabric.gpus(); s.gpus > have) {
    serving.fail(fmt::format("its pools have {} GPUs, but the fabric has {}", s.gpus, have));
  }
  const double length = std::max(1.0, longest(s.arrivals));
  s.shape.decode.cache_tokens = cache_tokens(s.decode, config.section("deployment"), length);
  s.moved_bytes_per_token = kept_by_group(s.decode, length) / length * s.decode.layout.pipeline_parallel;
  s.cache_bytes_per_token = s.moved_bytes_per_token;
  check_fit(s, requests);
  if (s.prefill) {
    const Network network = to_network(fabric, s.gpus);
    const CacheTransfer way{*s.prefill, s.decode, static_cast<int>(s.decode_gpus), s.moved_bytes_per_token};
    s.move_cache = cache_transfer(network, way);
    s.streams = cache_streams(network, way);
  }
  read_epochs(tree, serving, s);
  serving.reject_unread_keys();
  requests.reject_unread_keys();
  return s;
}

}  // namespace teapot

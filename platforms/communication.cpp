// Reads communication libraries from YAML, and chooses their kernels by the size of a call.
// Does not know what is sent.

#include "platforms/communication.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace teapot {
namespace {

constexpr std::array operations{"dispatch",       "combine",   "all-reduce", "all-gather",
                                "reduce-scatter", "broadcast", "send"};

/// How an algorithm spreads a buffer among n ranks.
enum class Sends {
  direct,  ///< each rank its part to each other one, as often as the operation needs it
  whole,   ///< all-reduce in one step: the whole buffer to each other rank
  reduced  ///< all-reduce in the switches: the buffer once up, its n-th part to be spread
};

enum class Scope { any, domain, network };

/// One kernel of a library.
struct Algorithm {
  std::string name;
  std::string library;   ///< whose it is; empty: the operation's
  Seconds overhead;      ///< of two ranks, with one message's way
  Seconds per_rank;      ///< for each rank more
  BytesPerSecond loads;  ///< at which a rank loads its tokens before it copies them; zero: beside the copies
  Sends sends = Sends::direct;
  int least_ranks = 2;
  Scope scope = Scope::any;
  std::shared_ptr<const Wire> wire;
};

struct Operation {
  std::string library;
  std::vector<Algorithm> algorithms;
  bool slowest = false;  ///< they are limits that hold together, and not a choice
  double sm_share = 0;
  Collective::Carry carry = Collective::Carry::each;
  Seconds sm_time;
};

Collective::Carry read_carry(const Config& config) {
  const std::string word = config.choice_or(
      "carry", {"each", "once", "summed"}, "each",
      {"What crosses a link towards several GPUs: each copy; each token of a sender once, copied by the "
       "switches where ways part (multicast, of a dispatch); each token of a receiver once, added up "
       "where ways meet (reduction, of a combine)",
       "once"});
  return word == "each"   ? Collective::Carry::each
         : word == "once" ? Collective::Carry::once
                          : Collective::Carry::summed;
}

std::shared_ptr<const Wire> read_wire(const Config& config) {
  auto wire = std::make_shared<Wire>();
  for (const auto& tier : config.keys()) {
    const Config use = config.at(tier);
    Wire::Use& to = wire->tiers[tier];
    to.efficiency = use.fraction_or("efficiency", 1.0, {"Reachable part of the line rate of this tier", "0.9"});
    if (!(to.efficiency > 0)) use.at("efficiency").fail("must be above zero (a part of the line rate)");
    to.per_message = use.non_negative_or("per_message", Seconds{},
                                         {"Of a NIC or port to each message it sends or takes in there", "4 ns"});
    to.latency =
        use.non_negative_or("latency", Seconds{}, {"Added to the way of a message that passes this tier", "4 us"});
  }
  return wire;
}

Algorithm read_algorithm(const Config& config, const std::string& name) {
  Algorithm result;
  result.name = name;
  if (!name.empty())
    result.library = config.get_or<std::string>("library", "", {"Whose kernel it is, as reports call it", "nccl"});
  result.overhead = config.non_negative_or(
      "overhead", Seconds{},
      {"Of a call of two ranks, with the way of one message: launch, flags, last wait", "10 us"});
  result.per_rank =
      config.non_negative_or("per_rank", Seconds{}, {"Added to the overhead for each rank beyond two", "0.5 us"});
  result.loads = config.non_negative_or(
      "loads", BytesPerSecond{},
      {"At which a rank loads its tokens before it copies them; 0: beside the copies", "200 GB/s"});
  const std::string sends =
      config.choice_or("sends", {"direct", "whole", "reduced"}, "direct",
                       {"direct: each rank its part to each other; whole: the whole buffer to each other (all-reduce "
                        "in one step); reduced: added up in the switches (NVLS)",
                        "whole"});
  result.sends = sends == "whole" ? Sends::whole : sends == "reduced" ? Sends::reduced : Sends::direct;
  result.least_ranks = config.has("least_ranks", {"Served from so many ranks on; 2 where not given", "4"})
                           ? config.positive<int>("least_ranks")
                           : 2;
  const std::string scope =
      config.choice_or("scope", {"any", "domain", "network"}, "any",
                       {"Where it runs: any, within one scale-up domain, or over a network", "domain"});
  result.scope = scope == "domain" ? Scope::domain : scope == "network" ? Scope::network : Scope::any;
  if (config.has("wire",
                 {"What it reaches of the links of each tier, by the name of the tier", "{nvlink: {efficiency: 0.8}}"}))
    result.wire = read_wire(config.at("wire"));
  return result;
}

/// A list under `key`, by name; the word `none` in its place takes back what a base file says.
void read_list(const Config& config, const std::string& key, Operation& operation) {
  const About about{key == "limits" ? "Limits by name that hold together: the slowest sets the time"
                                    : "Kernels by name, of which the fastest for the size of the call is taken; none",
                    "{one-step: {sends: whole, overhead: 3 us}}"};
  if (!config.has(key, about)) return;
  const Config list = config.at(key);
  if (!list.is_mapping()) {
    config.choice(key, {"none"});
    return;
  }
  if (!operation.algorithms.empty()) list.fail("give either algorithms or limits");
  for (const auto& name : list.keys()) operation.algorithms.push_back(read_algorithm(list.at(name), name));
  operation.slowest = key == "limits";
}

Operation read_operation(const Config& config) {
  Operation result;
  result.library = config.get_or<std::string>("library", "", {"Whose it is, as reports call it", "nccl"});
  result.sm_share = config.fraction_or("sm_share", 0.0, {"Part of the SMs that it holds while it runs", "0.15"});
  if (!(result.sm_share < 1)) config.at("sm_share").fail("must be below 1: what computes beside it needs the rest");
  result.sm_time = config.non_negative_or(
      "sm_time", Seconds{},
      {"Time of its kernel on the SMs, where it holds them for a part of the call only", "20 us"});
  config.fraction_or("error", 0.0, {"How far off the fit is, for the interval; a part", "0.06"});
  config.get_or<std::string>("source", "", {"Rows or papers that the figures come from", "DeepEP README"});
  config.choice_or(
      "copies", {"expert", "gpu", "node"}, "expert",
      {"What one token sends: a copy to each chosen expert, to each GPU that hosts one, or to each node", "gpu"});
  result.carry = read_carry(config);
  read_list(config, "algorithms", result);
  read_list(config, "limits", result);
  if (result.algorithms.empty()) {
    result.algorithms.push_back(read_algorithm(config, ""));
    return result;
  }
  for (const char* key : {"overhead", "per_rank", "wire"}) {
    if (config.has(key)) config.at(key).fail("stands beside a list; give it in one of its entries");
  }
  return result;
}

/// Bytes that a rank sends, over those of its buffer.
double volume(const Algorithm& algorithm, const CollectiveCall& call) {
  if (call.operation == "all-reduce" && algorithm.sends == Sends::whole) return call.ranks - 1.0;
  if (call.operation == "all-reduce" && algorithm.sends == Sends::reduced) return 1 + 1.0 / call.ranks;
  return direct_volume(call.operation, call.ranks);
}

bool serves(const Algorithm& algorithm, const CollectiveCall& call) {
  if (call.ranks < algorithm.least_ranks) return false;
  return call.domains > 1 ? algorithm.scope != Scope::domain : algorithm.scope != Scope::network;
}

Seconds floor_of(const Algorithm& algorithm, const CollectiveCall& call, const ScaleUp& scale_up) {
  const Seconds start = (algorithm.overhead + algorithm.per_rank * std::max(0.0, call.ranks - 1.0)) * scale_up.latency;
  return algorithm.loads > BytesPerSecond{} ? start + call.tokens / algorithm.loads : start;
}

/// Alone on the links of a scale-up domain.
Seconds estimate(const Algorithm& algorithm, const CollectiveCall& call, const ScaleUp& scale_up) {
  const Seconds floor = floor_of(algorithm, call, scale_up);
  if (scale_up.bandwidth == BytesPerSecond{}) return floor;
  double efficiency = 1;
  if (algorithm.wire) {
    const auto tier = algorithm.wire->tiers.find("nvlink");
    if (tier != algorithm.wire->tiers.end()) efficiency = tier->second.efficiency;
  }
  return floor + volume(algorithm, call) * call.bytes / (scale_up.bandwidth * efficiency);
}

const Algorithm& chosen(const Operation& operation, const CollectiveCall& call, const ScaleUp& scale_up) {
  const Algorithm* best = nullptr;
  for (const Algorithm& one : operation.algorithms) {
    if (!serves(one, call)) continue;
    const bool faster = best && estimate(one, call, scale_up) < estimate(*best, call, scale_up);
    if (best == nullptr || faster != operation.slowest) best = &one;
  }
  return best != nullptr ? *best : operation.algorithms.back();
}

CollectiveCost cost_of(const Operation& operation, const CollectiveCall& call, const ScaleUp& scale_up) {
  const Algorithm& algorithm = chosen(operation, call, scale_up);
  CollectiveCost cost;
  cost.library = algorithm.library.empty() ? operation.library : algorithm.library;
  if (!algorithm.name.empty() && !operation.slowest) cost.library += " " + algorithm.name;
  cost.overhead = floor_of(algorithm, call, scale_up);
  cost.volume = volume(algorithm, call) / direct_volume(call.operation, call.ranks);
  cost.wire = algorithm.wire;
  cost.sm_share = operation.sm_share;
  cost.carry = operation.carry;
  cost.sm_time = operation.sm_time;
  cost.counts_hops = !algorithm.name.empty();
  return cost;
}

}  // namespace

std::vector<std::string> collective_operations() { return {operations.begin(), operations.end()}; }

CollectiveCosts read_communication(const Config& config, const ScaleUp& scale_up) {
  config.get_or<std::string>("source", "", {"Where the library and its figures come from", "DeepEP README"});
  std::map<std::string, Operation> all;
  for (const char* operation : operations)
    all[operation] = read_operation(config.at(operation, {"How the library does it", "{overhead: 10 us}"}));
  config.reject_unread_keys();
  return [all, scale_up](const CollectiveCall& call) {
    const auto found = all.find(call.operation);
    if (found != all.end()) return cost_of(found->second, call, scale_up);
    std::vector<std::string> known;
    for (const auto& [name, operation] : all) known.push_back(name);
    throw ConfigError(unknown_name("operation", call.operation, known));
  };
}

std::map<std::string, double> read_communication_errors(const Config& config) {
  std::map<std::string, double> errors;
  for (const char* operation : operations) errors[operation] = config.at(operation).fraction_or("error", 0.0);
  return errors;
}

std::string read_copies(const Config& config) {
  return config.at("dispatch").choice_or("copies", {"expert", "gpu", "node"}, "expert");
}

}  // namespace teapot

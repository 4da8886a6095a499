// Counts replicas and compares them.
// Does not simulate.

#include "analysis/scenario/replicas.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "sim/blocks.hpp"

namespace teapot {
namespace {

/// Every replica has the requests of the first, GPU for GPU.
bool alike(const Load& load, int gpus) {
  return std::all_of(load.requests.begin(), load.requests.end(), [&](const Requests& r) {
    if (!r.contexts.empty()) return false;  // each drawn for itself
    const auto& counts = r.counts;
    for (std::size_t gpu = static_cast<std::size_t>(gpus); gpu < counts.size(); ++gpu) {
      if (counts[gpu] != counts[gpu - static_cast<std::size_t>(gpus)]) return false;
    }
    return true;
  });
}

const char* reason(Blocks found) {
  return found == Blocks::shared ? "they share links" : "their networks are not alike";
}

}  // namespace

int replica_gpus(const Layout& layout, const Model& model) {
  if (layout.apart()) return layout.gpus;
  const int attention = layout.pipeline_gpus();
  return model.has_experts() ? std::lcm(attention, layout.expert_gpus()) : attention;
}

Replicas replicas_of(const Layout& layout, const Model& model, const Load& load) {
  Replicas r;
  r.gpus = replica_gpus(layout, model);
  if (layout.gpus % r.gpus != 0) r.gpus = layout.gpus;
  r.count = layout.gpus / r.gpus;
  r.simulated = r.count;
  if (!alike(load, r.gpus)) r.why = "their requests differ";
  return r;
}

void compare_networks(const Network& network, const std::string& key, PartReader& parts, Replicas& replicas) {
  if (replicas.count == 1 || !replicas.why.empty()) return;
  const std::string name = fmt::format("blocks of {}: {}", replicas.gpus, key);
  const Blocks* known = key.empty() ? nullptr : parts.blocks(name);
  const Blocks found = known != nullptr ? *known : compare_blocks(network, replicas.gpus);
  if (!key.empty()) parts.keep(name, found);
  if (found == Blocks::alike) {
    replicas.simulated = 1;
  } else {
    replicas.why = reason(found);
  }
}

}  // namespace teapot

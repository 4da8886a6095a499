// The catalogue of overlap strategies.
// Knows none by name.

#include "workloads/step/overlap.hpp"

#include <algorithm>
#include <cassert>
#include <map>

namespace teapot {
namespace {

std::map<std::string, Overlap>& catalogue() {
  static std::map<std::string, Overlap> strategies;
  return strategies;
}

}  // namespace

OverlapRegistration::OverlapRegistration(Overlap overlap) { catalogue().emplace(overlap.name, overlap); }

std::string usual_overlap(const Layout& layout, const Load& load, const std::vector<int>& domain) {
  // From so many requests a GPU on, engines split a decode batch (vLLM's dbo_decode_token_threshold).
  constexpr int enough = 32;
  if (layout.apart()) return load.fewest() < enough ? "none" : "ping-pong-3";
  if (!layout.dispatches() || layout.pipeline_parallel > 1 || load.fewest() < enough) return "none";
  const bool leaves = std::any_of(domain.begin(), domain.end(), [&](int one) { return one != domain.front(); });
  return leaves ? "dual-micro-batch" : "none";
}

std::vector<std::string> overlap_names() {
  std::vector<std::string> names;
  for (const auto& [name, strategy] : catalogue()) names.push_back(name);
  return names;
}

const Overlap& overlap(const std::string& name) {
  const auto found = catalogue().find(name);
  assert(found != catalogue().end());
  return found->second;
}

}  // namespace teapot

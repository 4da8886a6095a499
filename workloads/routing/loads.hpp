#pragma once
// How popular each expert is: skew by formula, from a file, or counted in a trace.
// Knows neither GPUs nor bytes.

#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

/// Choices that real tokens made, by layer: top_k experts for each token, token after token.
struct ExpertTrace {
  int experts = 0;
  int top_k = 0;
  std::map<int, std::vector<std::uint16_t>> layers;
};

/// Where the load of experts comes from.
struct LoadSource {
  enum class Kind { balanced, uniform, zipf, power_law, dirichlet, file, trace };
  Kind kind = Kind::balanced;
  double exponent = 1;                       ///< zipf, power_law
  double concentration = 1;                  ///< dirichlet
  bool per_layer = true;                     ///< another draw or order of the experts in each layer
  std::map<int, std::vector<double>> loads;  ///< file: by layer
  std::shared_ptr<const ExpertTrace> trace;

  bool operator==(const LoadSource&) const = default;  ///< a trace is the same where it was read once
};

/// What the skews mean; the text of `--help`.
extern const char* const load_definitions;

/// Reads `load`, `exponent`, `concentration`, `vary`, `file` of `decode.routing`. Throws ConfigError.
LoadSource read_loads(const Config& routing, int experts, int top_k);

/// What a file says of a layer; layers that it leaves out take those it has in turn.
template <class Value>
const Value& row_of(const std::map<int, Value>& rows, int layer) {
  const auto found = rows.find(layer);
  return found != rows.end() ? found->second : std::next(rows.begin(), layer % static_cast<int>(rows.size()))->second;
}

/// Relative load of each expert in a layer, mean 1. `tokens`: of the whole EP group (power_law depends on it).
std::vector<double> expert_loads(const LoadSource& source, int experts, int layer, double tokens, std::uint64_t seed);

/// The loads that a balancer saw, of which the part `drift` has gone to other experts since: that part is spread as the
/// loads are, over experts in another order.
std::vector<double> loads_before(std::vector<double> loads, double drift, int layer, std::uint64_t seed);

/// CSV with a header of `expert,load` or `layer,expert,load`. Throws ConfigError naming file and line.
std::map<int, std::vector<double>> read_expert_loads(const std::string& file, int experts);
/// A Protobuf message of workloads/expert_trace.proto. Throws ConfigError.
ExpertTrace read_expert_trace(const std::string& file);
/// The same as bytes.
std::string to_bytes(const ExpertTrace& trace);

}  // namespace teapot

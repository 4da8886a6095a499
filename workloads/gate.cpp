// Chances of a token to reach a set of experts.
// Knows no GPUs and no bytes.

#include "workloads/gate.hpp"

#include <algorithm>
#include <cmath>

namespace teapot {
namespace {

/// Probability that k different ones of `all` miss `wanted` of them: C(all - wanted, k) / C(all, k).
double miss(double all, double wanted, int k) {
  double probability = 1;
  for (int i = 0; i < k; ++i) probability *= std::max(0.0, all - wanted - i) / (all - i);
  return probability;
}

double choose(double n, double k) {
  if (k < 0 || k > n) return 0;
  return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1));
}

}  // namespace

Gate make_gate(const Model& model, const Routing& routing, int nodes) {
  Gate gate{model.experts.routed, model.experts.top_k, 1, 1};
  if (routing.max_nodes <= 0) return gate;
  gate.groups = model.experts.groups > 1 ? model.experts.groups : nodes;
  if (gate.experts % gate.groups != 0) gate.groups = 1;
  gate.max_groups = std::min(routing.max_nodes, gate.groups);
  return gate;
}

double hit_probability(const Gate& gate, double wanted) {
  if (!gate.limited()) return 1 - miss(gate.experts, wanted, gate.top_k);
  const double in_group = static_cast<double>(gate.experts) / gate.groups;
  const double open = in_group * gate.max_groups;
  if (wanted <= in_group) {
    return (1 - miss(open, wanted, gate.top_k)) * gate.max_groups / gate.groups;
  }
  // Of the groups it fills, j are among the chosen ones with hypergeometric probability.
  const double filled = std::round(wanted / in_group);
  double probability = 0;
  for (int j = 1; j <= gate.max_groups; ++j) {
    const double chance =
        choose(filled, j) * choose(gate.groups - filled, gate.max_groups - j) / choose(gate.groups, gate.max_groups);
    probability += chance * (1 - miss(open, j * in_group, gate.top_k));
  }
  return probability;
}

}  // namespace teapot

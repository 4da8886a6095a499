#pragma once
// The exchanges of a step's gates: which GPU sends how many tokens to whose experts, layer by layer.
// Knows no order and no bytes.

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "workloads/layout/placement.hpp"
#include "workloads/routing/traffic.hpp"
#include "workloads/step/known_exchanges.hpp"

namespace teapot {

class Gates {
 public:
  /// `group_tokens`: of one micro-batch and EP group, roughly: scales the power law. `known`: those that are drawn are
  /// kept there and taken from there; none: drawn each time.
  Gates(const Model& model, const Layout& layout, const Routing& routing, const std::vector<int>& domain,
        double group_tokens, std::uint64_t seed, const std::shared_ptr<KnownExchanges>& known = nullptr);

  int top_k() const { return gate_.top_k; }
  /// `tokens`: of each GPU; one entry holds for all.
  Exchange exchange(int layer, int micro_batch, const std::vector<int>& tokens);

 private:
  Exchange sampled(int layer, int micro_batch, const std::vector<int>& tokens);
  const Placement& placement(int layer);
  Chooser chooser(int layer) const;

  const Model& model_;
  const Layout& layout_;
  const Routing& routing_;
  double group_tokens_;
  std::uint64_t seed_;
  ExchangeLayout groups_;
  Gate gate_;
  std::shared_ptr<KnownExchanges::Drawn> known_;
  std::shared_ptr<KnownChoices> choices_;
  std::map<const Placement*, CopyPlans> plans_;
  std::map<int, Placement> placements_;            // by layer; 0 for all where they are alike
  std::map<std::vector<int>, Exchange> balanced_;  // gates that get as many tokens share one
};

}  // namespace teapot

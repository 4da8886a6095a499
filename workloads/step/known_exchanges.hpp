#pragma once
// Sampled exchanges that are drawn once: steps that differ in how long things take have them in common.
// Does not draw.

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "workloads/layout/layout.hpp"
#include "workloads/model/model.hpp"
#include "workloads/routing/known_choices.hpp"
#include "workloads/routing/routing.hpp"
#include "workloads/routing/traffic.hpp"

namespace teapot {

/// All that gates draw from but the layer, the micro-batch and its tokens.
struct DrawnFrom {
  Experts experts;
  Layout layout;
  Routing routing;
  std::vector<int> domain;
  double group_tokens = 0;
  std::uint64_t seed = 0;
  bool operator==(const DrawnFrom&) const = default;
};

class KnownExchanges {
 public:
  /// By layer, micro-batch and the tokens of each GPU.
  using Drawn = std::map<std::tuple<int, int, std::vector<int>>, Exchange>;

  /// Those of this origin, none at first.
  std::shared_ptr<Drawn> from(DrawnFrom origin);
  /// Keeps what each GPU's tokens choose from now on, too, for steps that differ in how many they are.
  void keep_choices() { choices_ = std::make_shared<KnownChoices>(); }
  const std::shared_ptr<KnownChoices>& choices() const { return choices_; }  ///< null: not kept
  /// Forgets origins, those that were asked for longest ago first, until what is left has so many pairs at most.
  void keep_pairs(std::size_t most);

 private:
  std::vector<std::pair<DrawnFrom, std::shared_ptr<Drawn>>> known_;  // asked for last: last
  std::shared_ptr<KnownChoices> choices_;
};

}  // namespace teapot

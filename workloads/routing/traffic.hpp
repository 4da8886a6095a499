#pragma once
// Who sends how many copies to whom, from the experts that tokens choose.
// Knows no links and no time.

#include <cstdint>
#include <memory>
#include <numeric>
#include <vector>

#include "sim/traffic.hpp"
#include "workloads/layout/placement.hpp"
#include "workloads/routing/copy_plan.hpp"
#include "workloads/routing/gate.hpp"
#include "workloads/routing/known_choices.hpp"
#include "workloads/routing/routing.hpp"

namespace teapot {

/// The exchange of one gate.
struct Exchange {
  std::shared_ptr<const Traffic> traffic;
  std::vector<std::uint32_t> arrived;  ///< tokens at each slot: [gpu * slots_per_rank + slot]; empty if balanced
};

/// GPUs as EP groups and scale-up domains divide them: what does not change between the gates of a program.
struct ExchangeLayout {
  int gpus = 0;
  int senders = 0;        ///< the first of them: those that have tokens
  bool apart = false;     ///< the others hold all experts, in one EP group
  int group_gpus = 0;     ///< of one EP group
  int gpus_per_rank = 1;  ///< that share each expert
  std::shared_ptr<const std::vector<int>> groups;
  std::vector<std::vector<int>> members;  ///< GPUs of one EP group in one scale-up domain: a node
  /// Of each GPU; of one without experts, that of those in its scale-up domain which hold some; -1: there are none.
  std::vector<int> node;
  std::vector<int> position;  ///< of each GPU among the members of its node, or among those like it in its domain

  /// `domain`: of each GPU; empty: every GPU is a node of its own.
  ExchangeLayout(const Layout& layout, const std::vector<int>& domain);
  int first_of_group(int gpu) const { return apart ? senders : gpu / group_gpus * group_gpus; }
  int first_sender(int gpu) const { return apart ? 0 : first_of_group(gpu); }  ///< of those that send to its group
  int senders_of_group() const { return apart ? senders : group_gpus; }
  /// A sender's number among those of its group.
  std::uint32_t index(int gpu) const { return static_cast<std::uint32_t>(gpu - first_sender(gpu)); }
  /// Of the tokens of each GPU (one entry holds for all), the mean over those that have some.
  template <class T>
  double mean(const std::vector<T>& tokens) const {
    const double sum = std::accumulate(tokens.begin(), tokens.end(), 0.0);
    return tokens.size() == 1 ? sum : sum / senders;
  }
  /// The GPU of a node that takes a sender's copies for it: the one that stands where the sender stands in its own.
  int relay(int source, int to_node) const;
  int nodes_of_group() const;  ///< 0 where groups differ or their nodes do
};

/// Expected values: every expert takes the same share. `tokens`: of each GPU; one entry holds for all.
Exchange balanced_exchange(const ExchangeLayout& layout, const Gate& gate, const Routing& routing,
                           const std::vector<double>& tokens);

/// Of so many tokens of a sender each is drawn; of more, so many, of which each stands for several. What a rank gets is
/// then drawn from at least this many choices of each sender: an expert that one token in a hundred chooses is met
/// within 16% by one sender's tokens, within 2% by those of 64; what a GPU with ten such experts gets, within 0.6%.
constexpr int most_drawn = 4096;

/// Whether CopyPlans say where copies go, for so many tokens of each GPU: one copy for each chosen expert and no
/// others, all of them drawn, and few receivers without any.
bool goes_by_plan(const ExchangeLayout& layout, const Gate& gate, const Routing& routing,
                  const std::vector<int>& tokens);

/// Counted from the choices of each GPU's tokens. `plans`: of the placement, where copies go by plan; `known`: of this
/// gate and seed, of experts that are all equally likely, where they are kept.
Exchange sampled_exchange(const ExchangeLayout& layout, const Chooser& chooser, const Placement& placement,
                          const Routing& routing, const std::vector<int>& tokens, const GateSeed& seed,
                          const CopyPlans* plans = nullptr, GateChoices* known = nullptr);

/// Batch-aware selection (Lynx, arXiv 2411.08982): tokens choose anew, only among the `distinct` experts that most of
/// the batch chose.
Chooser keep_favourites(const Chooser& chooser, int gpus, const std::vector<int>& tokens, const GateSeed& seed,
                        int distinct);

}  // namespace teapot

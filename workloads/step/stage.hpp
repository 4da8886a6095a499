#pragma once
// A stage of a layer as a value: its operator's name, its place, its work on each GPU, what its GPUs exchange.
// Knows no layer, no order and no time; families of stages are files in stages/.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/kernel.hpp"
#include "sim/traffic.hpp"
#include "workloads/layout/layout.hpp"
#include "workloads/model/batch.hpp"
#include "workloads/step/overlap.hpp"

namespace teapot {

/// Whose tokens a stage computes on a GPU.
enum class Whose {
  group,    ///< those of all GPUs that share its attention, the work being split between them
  own,      ///< its own
  arrived,  ///< those that the layer's gate sent to its experts
  dealt,    ///< an equal part of all, on GPUs that have none of their own
};

/// Which GPUs run a stage where attention and feed-forwards have GPUs of their own (Layout::apart).
enum class Side { attention, feed_forward, both };

/// What one GPU has to do at a stage.
struct Share {
  Batch batch;         ///< group, own
  double arrived = 0;  ///< tokens at its experts
  double active = 0;   ///< of its experts, those that have any
};

/// What a stage sends.
struct StageExchange {
  /// Who sends how many copies to whom. `tokens`: of each group of GPUs that shares attention; one entry holds for all.
  /// `domain`: the scale-up domain of each GPU. `stage`: only the GPUs of this stage of a pipeline exchange anything;
  /// below 0: all do.
  using Pattern = Traffic (*)(const Layout& layout, double parts, const std::vector<double>& tokens,
                              const std::vector<int>& domain, int stage);
  Pattern pattern = nullptr;  ///< none: the copies that the layer's gate makes
  /// Of the gate's copies where they go by node to GPUs apart: all, those to a first GPU of each node, or what it then
  /// forwards there, once it has them.
  enum class Leg { whole, to_nodes, within };
  double parts = 1;   ///< of the pattern: how much of each token is sent
  bool back = false;  ///< against the direction of the pattern
  Bytes bytes_per_copy;
  Leg leg = Leg::whole;
};

struct Stage {
  std::string name;  ///< of its operator; of an exchange, also which of the machine's collectives it is
  Slot slot = Slot::enter;
  Whose whose = Whose::group;
  Side side = Side::attention;
  bool reads_cache = false;  ///< its work depends on contexts
  bool opens_layer = false;
  bool forks = false;     ///< routed tokens part from the others after it
  bool routed = false;    ///< it waits for routed tokens, and what follows them waits for it
  bool joins = false;     ///< routed tokens come back to the others after it
  bool finishes = false;  ///< it ends what the routed stage before the last began, while that one sends it; joins too
  bool on_host = false;   ///< the CPU of its GPU's host computes it
  double handed = 0;    ///< values of a token that the host takes and gives back at once; 0: a hidden state, that stays
  bool beside = false;  ///< at the same time as the stage after it
  std::function<std::vector<Kernel>(const Share&)> kernels;  ///< it computes,
  std::optional<StageExchange> exchange;                     ///< or sends
  std::string fetch;                                         ///< what it fetches from a host first; empty: nothing
  std::function<Bytes(const Share&)> fetched{};              ///< how much of that
  bool ahead = false;                                        ///< while the layer before it computes
};

}  // namespace teapot

#pragma once
// Overlap strategies: in which order the stages of a step's layers are issued. A strategy is one file in overlap/.
// Knows no kernels, no bytes and no time.

#include <string>
#include <vector>

namespace teapot {

/// The parts of a layer that a strategy may move against each other.
enum class Stage {
  projections,  ///< norm, projections into attention
  attention,    ///< core of attention, projection out
  gate,
  dispatch,
  shared,   ///< shared experts
  experts,  ///< routed experts
  combine,
  feed_forward,  ///< of a dense layer
};

/// One stage of one layer and micro-batch, in the order of issue. Each waits for what it needs of its own micro-batch,
/// and for the stage before it on its stream; a barrier waits for everything issued before.
struct Issue {
  Stage stage = Stage::projections;
  int layer = 0;  ///< position among the layers given
  int micro_batch = 0;
  bool barrier = false;
};

struct Overlap {
  std::string name;
  int micro_batches = 1;
  /// The order for consecutive layers; `experts[l]` says whether layer l has experts.
  std::vector<Issue> (*order)(const std::vector<bool>& experts) = nullptr;
};

/// Put one at namespace scope in a strategy's file.
struct OverlapRegistration {
  explicit OverlapRegistration(Overlap overlap);
};

std::vector<std::string> overlap_names();  ///< sorted
const Overlap& overlap(const std::string& name);

}  // namespace teapot

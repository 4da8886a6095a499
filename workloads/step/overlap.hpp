#pragma once
// Overlap strategies: in which order the parts of a step's layers are issued. A strategy is one file in overlap/.
// Knows no stage, no kernels, no bytes and no time.

#include <string>
#include <vector>

#include "workloads/load/load.hpp"

namespace teapot {

/// The parts of a layer that a strategy may move against each other. Which stages stand in a slot is the layer's.
enum class Slot {
  enter,  ///< up to the mixing of tokens: norm, projections
  mix,    ///< core of attention, projection out
  gate,
  dispatch,
  beside,  ///< what needs no routed token: shared experts
  experts,
  combine,
  feed_forward,  ///< of a dense layer
};

/// One slot of one layer and micro-batch, in the order of issue. Its stages wait for what they need of their own
/// micro-batch, and for what is before them on their stream; a barrier waits for everything issued before.
struct Issue {
  Slot slot = Slot::enter;
  int layer = 0;  ///< position among the layers given
  int micro_batch = 0;
  bool barrier = false;
};

struct Overlap {
  std::string name;
  int micro_batches = 1;
  /// The order for consecutive layers; `experts[l]` says whether layer l has experts.
  std::vector<Issue> (*order)(const std::vector<bool>& experts) = nullptr;
  bool computes_meanwhile = false;  ///< something computes while something communicates
  bool sends_as_computed = false;   ///< experts' results leave while their last product computes
};

/// Put one at namespace scope in a strategy's file.
struct OverlapRegistration {
  explicit OverlapRegistration(Overlap overlap);
};

/// What `overlap: auto` stands for: two micro-batches where tokens leave their scale-up domain to reach experts and
/// there are enough of them, none elsewhere: halves of a small batch read the experts' weights twice, and links within
/// a domain leave little to hide. Three where attention and feed-forwards have GPUs of their own. `domain`: of each
/// GPU.
std::string usual_overlap(const Layout& layout, const Load& load, const std::vector<int>& domain);

std::vector<std::string> overlap_names();  ///< sorted
const Overlap& overlap(const std::string& name);

}  // namespace teapot

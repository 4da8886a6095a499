// One micro-batch: tokens travel to experts beside the shared expert, and the experts' results back while their last
// product still computes (SGLang's single-batch overlap, lmsys.org blogs 2025-09-25 and 2025-09-26). Knows no kernels,
// bytes or time.

#include "workloads/step/overlap.hpp"

namespace teapot::single_batch_order {
namespace {

std::vector<Issue> order(const std::vector<bool>& experts) {
  std::vector<Issue> issues;
  for (int l = 0; l < static_cast<int>(experts.size()); ++l) {
    const auto issue = [&](const std::vector<Slot>& slots) {
      for (const Slot slot : slots) issues.push_back({slot, l, 0, false});
    };
    issue({Slot::enter, Slot::mix});
    if (experts[static_cast<std::size_t>(l)]) {
      issue({Slot::gate, Slot::dispatch, Slot::beside, Slot::experts, Slot::combine});
    } else {
      issue({Slot::feed_forward});
    }
  }
  return issues;
}

const OverlapRegistration registration{{"single-batch", 1, order, true, true}};

}  // namespace
}  // namespace teapot::single_batch_order

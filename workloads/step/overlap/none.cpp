// No overlap: one micro-batch, each stage after the one before it has ended.
// Knows no kernels, no bytes and no time.

#include "workloads/step/overlap.hpp"

namespace teapot::none_order {
namespace {

std::vector<Issue> order(const std::vector<bool>& experts) {
  std::vector<Issue> issues;
  for (int l = 0; l < static_cast<int>(experts.size()); ++l) {
    const auto issue = [&](Slot slot) { issues.push_back({slot, l, 0, true}); };
    issue(Slot::enter);
    issue(Slot::mix);
    if (!experts[static_cast<std::size_t>(l)]) {
      issue(Slot::feed_forward);
      continue;
    }
    for (const Slot slot : {Slot::gate, Slot::dispatch, Slot::beside, Slot::experts, Slot::combine}) issue(slot);
  }
  return issues;
}

const OverlapRegistration registration{{"none", 1, order, false, false}};

}  // namespace
}  // namespace teapot::none_order

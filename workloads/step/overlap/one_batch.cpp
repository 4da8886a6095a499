// One micro-batch: a stage after the other (none), or tokens that travel beside the shared expert and the experts' last
// product (single-batch: SGLang's, lmsys.org blogs 2025-09-25 and -26). Knows no kernels, no bytes and no time.

#include "workloads/step/overlap.hpp"

namespace teapot::one_batch_order {
namespace {

/// `barrier`: each slot waits for everything before it, and not only for what it needs.
std::vector<Issue> order(const std::vector<bool>& experts, bool barrier) {
  std::vector<Issue> issues;
  for (int l = 0; l < static_cast<int>(experts.size()); ++l) {
    const auto issue = [&](Slot slot) { issues.push_back({slot, l, 0, barrier}); };
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

const OverlapRegistration none{
    {"none", 1, [](const std::vector<bool>& experts) { return order(experts, true); }, false, false}};
const OverlapRegistration single_batch{
    {"single-batch", 1, [](const std::vector<bool>& experts) { return order(experts, false); }, true, true}};

}  // namespace
}  // namespace teapot::one_batch_order

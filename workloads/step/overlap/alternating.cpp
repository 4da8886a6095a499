// Two micro-batches, half a layer apart, as in prefill: attention and experts of one run beside dispatch and combine of
// the other (github.com/deepseek-ai/profile-data, prefill). Knows no kernels, no bytes and no time.

#include "workloads/step/overlap.hpp"

namespace teapot::alternating_order {
namespace {

std::vector<Issue> order(const std::vector<bool>& experts) {
  std::vector<Issue> issues;
  for (int l = 0; l < static_cast<int>(experts.size()); ++l) {
    const auto both = [&](const std::vector<Slot>& slots) {
      for (const int micro_batch : {0, 1}) {
        for (const Slot slot : slots) issues.push_back({slot, l, micro_batch, false});
      }
    };
    if (!experts[static_cast<std::size_t>(l)]) {
      both({Slot::enter, Slot::mix});
      both({Slot::feed_forward});
      continue;
    }
    both({Slot::enter, Slot::mix, Slot::gate, Slot::dispatch});
    both({Slot::beside, Slot::experts, Slot::combine});
  }
  return issues;
}

const OverlapRegistration registration{{"alternating-micro-batches", 2, order, true, false}};

}  // namespace
}  // namespace teapot::alternating_order

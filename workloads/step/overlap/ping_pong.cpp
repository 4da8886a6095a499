// Micro-batches that pass all layers in turn, so that GPUs of attention and of feed-forwards, apart from one another,
// both have work: three are enough where two hops cost no more than the third part of a layer (Step-3, arXiv
// 2507.19427; MegaScale-Infer, arXiv 2504.02263, section 4.1). Knows no kernels, no bytes and no time.

#include "workloads/step/overlap.hpp"

namespace teapot::ping_pong_order {
namespace {

template <int micro_batches>
std::vector<Issue> order(const std::vector<bool>& experts) {
  std::vector<Issue> issues;
  for (int l = 0; l < static_cast<int>(experts.size()); ++l) {
    const auto each = [&](const std::vector<Slot>& slots) {
      for (int m = 0; m < micro_batches; ++m) {
        for (const Slot slot : slots) issues.push_back({slot, l, m, false});
      }
    };
    if (experts[static_cast<std::size_t>(l)]) {
      each({Slot::enter, Slot::mix, Slot::gate, Slot::dispatch});
      each({Slot::beside, Slot::experts, Slot::combine});
    } else {
      each({Slot::enter, Slot::mix});
      each({Slot::feed_forward});
    }
  }
  return issues;
}

const OverlapRegistration two{{"ping-pong-2", 2, order<2>, true}};
const OverlapRegistration three{{"ping-pong-3", 3, order<3>, true}};
const OverlapRegistration four{{"ping-pong-4", 4, order<4>, true}};

}  // namespace
}  // namespace teapot::ping_pong_order

// Two micro-batches, half a layer apart: while one computes, the other communicates. The order of one layer is that of
// DeepSeek's published decode profile (github.com/deepseek-ai/profile-data). Knows no kernels, no bytes and no time.

#include "workloads/step/overlap.hpp"

namespace teapot::dual_micro_batch_order {
namespace {

class Order {
 public:
  explicit Order(const std::vector<bool>& experts) : experts_(experts), layers_(static_cast<int>(experts.size())) {}

  std::vector<Issue> issues() {
    int layer = next_with_experts(0);
    if (layer == layers_) {
      dense_only();
      return issues_;
    }
    up_to_attention(0, 0, layer);
    attention(0, layer);
    int before = 0;
    while (layer < layers_) {
      const int next = next_with_experts(layer + 1);
      // Micro-batch 0 is in this layer; micro-batch 1 comes from where it stopped, up to this layer.
      half(0, layer, 1, before, layer);
      // The other way round; micro-batch 0 goes on to the next layer with experts.
      half(1, layer, 0, layer + 1, next);
      before = layer + 1;
      layer = next;
    }
    up_to_attention(1, before, layers_);
    return issues_;
  }

 private:
  /// Dispatch, experts and combine of one micro-batch, with the other one's attention between them.
  void half(int communicating, int layer, int computing, int from, int to) {
    issue(Slot::dispatch, layer, communicating);
    issue(Slot::beside, layer, communicating);
    up_to_attention(computing, from, to);
    issue(Slot::experts, layer, communicating);
    issue(Slot::combine, layer, communicating);
    attention(computing, to);
  }
  /// The dense layers from `from` on and the first part of attention of layer `to`, which has experts.
  void up_to_attention(int micro_batch, int from, int to) {
    for (int l = from; l < to; ++l) {
      for (const Slot slot : {Slot::enter, Slot::mix, Slot::feed_forward}) issue(slot, l, micro_batch);
    }
    if (to < layers_) issue(Slot::enter, to, micro_batch);
  }
  void attention(int micro_batch, int layer) {
    if (layer == layers_) return;
    issue(Slot::mix, layer, micro_batch);
    issue(Slot::gate, layer, micro_batch);
  }
  /// Nothing to dispatch: the micro-batches take turns, which hides all-reduces where there are some.
  void dense_only() {
    for (int l = 0; l < layers_; ++l) {
      for (const int micro_batch : {0, 1}) {
        issue(Slot::enter, l, micro_batch);
        issue(Slot::mix, l, micro_batch);
      }
      for (const int micro_batch : {0, 1}) issue(Slot::feed_forward, l, micro_batch);
    }
  }
  void issue(Slot slot, int layer, int micro_batch) { issues_.push_back({slot, layer, micro_batch, false}); }
  int next_with_experts(int layer) const {
    while (layer < layers_ && !experts_[static_cast<std::size_t>(layer)]) ++layer;
    return layer;
  }

  const std::vector<bool>& experts_;
  int layers_;
  std::vector<Issue> issues_;
};

const OverlapRegistration registration{
    {"dual-micro-batch", 2, [](const std::vector<bool>& experts) { return Order{experts}.issues(); }, true, false}};

}  // namespace
}  // namespace teapot::dual_micro_batch_order

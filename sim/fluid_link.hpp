#pragma once
// One link as a fluid: it drains the transfers on it at full speed, those of the highest priority first, and those of
// one priority in proportion to their weights. Knows no other link and no rank.

#include <vector>

namespace teapot {

// Times that differ by less are one: a few rounding errors of a step of seconds.
inline constexpr double same_time_s = 1e-14;

class FluidLink {
 public:
  /// What a transfer still has to send, in seconds of the link at full speed.
  struct Bucket {
    int transfer;
    int priority;
    double weight;
    double remaining_s;
  };

  /// Puts `seconds` more of a transfer on the link at `now`, a time not before that of any earlier call. Returns
  /// whether the transfer had nothing on the link.
  bool add(const Bucket& more, double now) {
    const double left = now - updated_;
    const double still_s = only_.remaining_s - left;
    const bool drained = still_s <= same_time_s;
    if (!several_.empty() || (!drained && only_.transfer != more.transfer)) [[unlikely]] {
      drain(now);
      if (!several_.empty()) return add_shared(more);
      if (only_.transfer >= 0) return add_second(more);
      only_ = more;
      return true;
    }
    // Whether the link has drained since the last bytes is as good as random: no branch.
    updated_ = now;
    only_ = {more.transfer, more.priority, more.weight, (drained ? 0.0 : still_s) + more.remaining_s};
    return drained;
  }
  /// Lets it drain until `now`.
  void drain(double now) {
    const double left = now - updated_;
    updated_ = now;
    if (!several_.empty()) return drain_shared(left);
    only_.remaining_s -= left;
    if (only_.remaining_s <= same_time_s) only_.transfer = -1;
  }
  /// When the transfer has drained if nothing is added; -1 if nothing of it is left.
  double drained_at(int transfer) const;
  /// The only transfer on it; null where there are several or none.
  const Bucket* alone() const {
    if (several_.size() == 1) return &several_[0];
    return several_.empty() && only_.transfer >= 0 ? &only_ : nullptr;
  }
  bool empty() const { return several_.empty() && only_.transfer < 0; }

 private:
  bool add_second(const Bucket& more);
  bool add_shared(const Bucket& more);
  void drain_shared(double left);

  double updated_ = 0;
  Bucket only_{-1, 0, 1, 0};     // by far the most frequent case: nothing (transfer -1) or one transfer is on the link
  std::vector<Bucket> several_;  // or all of them are here, where it has been more than one since it was last empty
};

}  // namespace teapot

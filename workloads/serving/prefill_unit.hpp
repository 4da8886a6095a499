#pragma once
// A unit of GPUs that computes prompts, a batch at a time, first come first served.
// Knows no clock but the one it is given.

#include <deque>
#include <vector>

#include "workloads/serving/service.hpp"

namespace teapot {

/// Tokens that the new ones of a piece of a prompt look back at, in the mean.
inline double looked_at(double before, double new_tokens) { return before + (new_tokens + 1) / 2; }

class PrefillUnit {
 public:
  explicit PrefillUnit(const Pool& pool) : pool_(pool) {}

  bool busy() const { return !batch_.empty(); }
  double busy_s() const { return busy_s_; }
  int requests() const { return static_cast<int>(batch_.size()); }
  /// Takes from the queue what one step holds, and says how long it takes. What no group's step holds whole is
  /// computed alone, in pieces.
  double start(std::deque<int>& queue, std::vector<Served>& requests, const StepTime& time, double now);
  struct Member {
    int request = 0;
    int group = 0;
  };
  std::vector<Member> finish();              ///< those whose prompts are done
  double step_s() const { return step_s_; }  ///< how long the last step took

 private:
  double pieces(int cached, int new_tokens, const StepTime& time) const;

  Pool pool_;
  std::vector<Member> batch_;
  double step_s_ = 0;
  double busy_s_ = 0;
};

}  // namespace teapot

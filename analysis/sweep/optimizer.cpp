// Bisects and prunes.
// Does not know what it optimises but its figures.

#include "analysis/sweep/optimizer.hpp"

#include <algorithm>

namespace teapot {
namespace {

/// The batches of one EP and fabric.
class Group {
 public:
  Group(int expert_parallel, std::string fabric, const std::vector<int>& batches, double limit_ms, Optimum& optimum,
        const std::function<Visit(const Candidate&)>& visit)
      : candidate_{expert_parallel, std::move(fabric), 0},
        batches_(batches),
        seen_(batches.size()),
        limit_ms_(limit_ms),
        optimum_(optimum),
        visit_(visit) {}

  void search() {
    int low = -1;  // the largest batch known to keep the limit
    int high = static_cast<int>(batches_.size());
    while (high - low > 1 && can_win(low, high)) {
      const int middle = low + (high - low) / 2;
      (look(middle) ? low : high) = middle;
    }
    if (as_expected()) return;
    optimum_.as_expected = false;
    for (int i = 0; i < static_cast<int>(batches_.size()); ++i) look(i);
  }

 private:
  const std::optional<Visit>& seen(int index) const { return seen_[static_cast<std::size_t>(index)]; }
  int batch(int index) const { return batches_[static_cast<std::size_t>(index)]; }
  bool feasible(const Visit& v) const { return v.error.empty() && v.tpot_ms <= limit_ms_; }

  bool look(int index) {
    auto& place = seen_[static_cast<std::size_t>(index)];
    if (!place) {
      candidate_.batch = batch(index);
      place = visit_(candidate_);
      optimum_.visited.push_back(*place);
      const auto& best = optimum_.best;
      if (feasible(*place) && (!best || place->usd_per_million_tokens < best->usd_per_million_tokens)) {
        optimum_.best = *place;
      }
    }
    return feasible(*place);
  }

  bool can_win(int low, int high) const {
    if (low < 0 || !optimum_.best) return true;
    const double bound = seen(low)->usd_per_million_tokens * batch(low) / batch(high - 1);
    return bound < optimum_.best->usd_per_million_tokens;
  }

  bool as_expected() const {
    const Visit* before = nullptr;
    for (const auto& place : seen_) {
      if (!place || !place->error.empty()) continue;
      if (before != nullptr &&
          (place->tpot_ms < before->tpot_ms || place->tokens_per_s_per_gpu < before->tokens_per_s_per_gpu)) {
        return false;
      }
      before = &*place;
    }
    return true;
  }

  Candidate candidate_;
  const std::vector<int>& batches_;  // ascending
  std::vector<std::optional<Visit>> seen_;
  double limit_ms_;
  Optimum& optimum_;
  const std::function<Visit(const Candidate&)>& visit_;
};

}  // namespace

Optimum optimize(const SearchSpace& space, double limit_ms, const std::function<Visit(const Candidate&)>& visit) {
  std::vector<int> batches = space.batches;
  std::sort(batches.begin(), batches.end());
  batches.erase(std::unique(batches.begin(), batches.end()), batches.end());
  Optimum optimum;
  optimum.grid = batches.size() * space.expert_parallel.size() * space.fabrics.size();
  for (const int expert_parallel : space.expert_parallel) {
    for (const auto& fabric : space.fabrics) {
      Group{expert_parallel, fabric, batches, limit_ms, optimum, visit}.search();
    }
  }
  return optimum;
}

}  // namespace teapot

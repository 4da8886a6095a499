// Bisects and prunes.
// Does not know what it optimises but its figures.

#include "analysis/sweep/optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace teapot {
namespace {

/// The batches of one group.
class GroupSearch {
 public:
  GroupSearch(std::vector<std::string> choices, const std::vector<int>& batches, double limit_ms, Optimum& optimum,
              const std::function<Visit(const Candidate&)>& visit)
      : candidate_{std::move(choices), 0},
        batches_(batches),
        seen_(batches.size()),
        limit_ms_(limit_ms),
        optimum_(optimum),
        visit_(visit) {}

  Group search() {
    Group group{candidate_.choices, {}, {}, false};
    int low = -1;  // the largest batch known to keep the limit
    int high = static_cast<int>(batches_.size());
    while (high - low > 1 && !group.left) {
      const int middle = low + (high - low) / 2;
      (look(middle) ? low : high) = middle;
      group.left = !can_win(low, high);
    }
    if (!as_expected()) {
      optimum_.as_expected = false;
      group.left = false;
      look_everywhere();
    }
    for (const auto& place : seen_) {
      if (!place || !feasible(*place)) continue;
      if (!group.best || place->usd_per_million_tokens < group.best->usd_per_million_tokens) group.best = place;
    }
    if (!group.best) group.ruled_out = reason();
    return group;
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

  /// Batches a tenth apart, and all where there are few.
  void look_everywhere() {
    int last = 0;
    for (int i = 0; i < static_cast<int>(batches_.size()); ++i) {
      if (batches_.size() > 64 && batch(i) < last + last / 10) continue;
      last = batch(i);
      look(i);
    }
  }

  bool can_win(int low, int high) const {
    if (low < 0 || !optimum_.best || high - low <= 1) return true;
    const double bound = seen(low)->usd_per_million_tokens * batch(low) / batch(high - 1);
    return bound < optimum_.best->usd_per_million_tokens;
  }

  bool as_expected() const {
    constexpr double drawn = 0.98;
    const Visit* before = nullptr;
    for (const auto& place : seen_) {
      if (!place || !place->error.empty()) continue;
      if (before != nullptr && (place->tpot_ms < before->tpot_ms * drawn ||
                                place->tokens_per_s_per_gpu < before->tokens_per_s_per_gpu * drawn)) {
        return false;
      }
      before = &*place;
    }
    return true;
  }

  /// The smallest batch that was looked at is the easiest to keep.
  std::string reason() const {
    for (const auto& place : seen_) {
      if (!place) continue;
      if (!place->error.empty()) return place->error;
      return fmt::format("TPOT {:.3f} ms at {} requests a GPU", place->tpot_ms, place->candidate.batch);
    }
    return "no batch was given";
  }

  Candidate candidate_;
  const std::vector<int>& batches_;  // ascending
  std::vector<std::optional<Visit>> seen_;
  double limit_ms_;
  Optimum& optimum_;
  const std::function<Visit(const Candidate&)>& visit_;
};

/// Every choice on all axes; the last axis changes fastest.
std::vector<std::vector<std::string>> all_choices(const std::vector<std::vector<std::string>>& axes) {
  std::vector<std::vector<std::string>> all{{}};
  for (const auto& values : axes) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& begun : all) {
      for (const auto& value : values) {
        longer.push_back(begun);
        longer.back().push_back(value);
      }
    }
    all = std::move(longer);
  }
  return all;
}

bool cheaper(const Group& a, const Group& b) {
  if (!a.best || !b.best) return a.best && !b.best;
  return a.best->usd_per_million_tokens < b.best->usd_per_million_tokens;
}

}  // namespace

Optimum optimize(const SearchSpace& space, double limit_ms, const std::function<Visit(const Candidate&)>& visit) {
  std::vector<int> batches = space.batches;
  std::sort(batches.begin(), batches.end());
  batches.erase(std::unique(batches.begin(), batches.end()), batches.end());
  Optimum optimum;
  for (auto& choices : all_choices(space.axes)) {
    optimum.grid += batches.size();
    optimum.groups.push_back(GroupSearch{std::move(choices), batches, limit_ms, optimum, visit}.search());
  }
  std::stable_sort(optimum.groups.begin(), optimum.groups.end(), cheaper);
  return optimum;
}

}  // namespace teapot

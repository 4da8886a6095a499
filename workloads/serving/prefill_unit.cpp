// Filling a step with prompts.
// Knows no clock but the one it is given.

#include "workloads/serving/prefill_unit.hpp"

#include <algorithm>
#include <utility>

namespace teapot {
namespace {

/// What has to be computed of a request: its prompt, and after a preemption what it had emitted, with nothing cached.
std::pair<int, int> cached_and_new(const Served& r) {
  if (r.preemptions > 0) return {0, r.arrival.prompt_tokens + std::max(0, r.tokens - 1)};
  return {r.arrival.cached_tokens, r.arrival.prompt_tokens - r.arrival.cached_tokens};
}

}  // namespace

double PrefillUnit::pieces(int cached, int new_tokens, const StepTime& time) const {
  double sum = 0;
  for (int done = 0; done < new_tokens; done += pool_.max_new_tokens) {
    const int piece = std::min(pool_.max_new_tokens, new_tokens - done);
    sum += time({0, 0, piece, looked_at(cached + done, piece), 1.0 / pool_.groups});
  }
  return sum;
}

double PrefillUnit::start(std::deque<int>& queue, std::vector<Served>& requests, const StepTime& time, double now) {
  struct Group {
    int tokens = 0;
    double looked = 0;  // sum over tokens
  };
  std::vector<Group> groups(static_cast<std::size_t>(pool_.groups));
  double longest = 0;
  while (!queue.empty()) {
    Served& r = requests[static_cast<std::size_t>(queue.front())];
    const auto [cached, fresh] = cached_and_new(r);
    auto emptiest = std::min_element(groups.begin(), groups.end(),
                                     [](const Group& a, const Group& b) { return a.tokens < b.tokens; });
    if (emptiest->tokens > 0 && emptiest->tokens + fresh > pool_.max_new_tokens) break;
    emptiest->tokens += fresh;
    emptiest->looked += fresh * looked_at(cached, fresh);
    if (fresh > pool_.max_new_tokens) longest = std::max(longest, pieces(cached, fresh, time));
    if (r.prefill_s < 0) r.prefill_s = now;
    batch_.push_back({queue.front(), static_cast<int>(emptiest - groups.begin())});
    queue.pop_front();
  }
  const auto fullest = std::max_element(groups.begin(), groups.end(),
                                        [](const Group& a, const Group& b) { return a.tokens < b.tokens; });
  double all = 0;
  for (const Group& group : groups) all += group.tokens;
  const double most = std::max(1, fullest->tokens);
  const double fill = all / (most * pool_.groups);
  step_s_ = longest > 0 ? longest : time({0, 0, fullest->tokens, fullest->looked / most, std::min(1.0, fill)});
  busy_s_ += step_s_;
  return step_s_;
}

std::vector<PrefillUnit::Member> PrefillUnit::finish() { return std::exchange(batch_, {}); }

}  // namespace teapot

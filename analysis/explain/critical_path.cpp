// Walks back from the last end along what each start waited for.
// Does not know what an operator computes.

#include "analysis/explain/critical_path.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "sim/index.hpp"

namespace teapot {
namespace {

/// The operator that the rank ran before this one on its stream; -1 for the first.
int stream_predecessor(const Program& program, const Timeline& timeline, int op, int rank) {
  int before = op - 1;
  while (before >= 0 &&
         (program.operators[at(before)].stream != program.operators[at(op)].stream || !timeline.ran(before, rank))) {
    --before;
  }
  return before;
}

/// What the start of an operator waited for longest; of several, the latest in program order. -1: nothing.
int cause_of(const Program& program, const Timeline& timeline, int op, int rank) {
  int cause = stream_predecessor(program, timeline, op, rank);
  for (const int earlier : program.operators[at(op)].after) {
    if (!timeline.ran(earlier, rank)) continue;
    const bool later = cause < 0 || timeline.end(earlier, rank) > timeline.end(cause, rank) ||
                       (timeline.end(earlier, rank) == timeline.end(cause, rank) && earlier > cause);
    if (later) cause = earlier;
  }
  return cause;
}

}  // namespace

std::vector<PathStep> critical_path(const Program& program, const Timeline& timeline, CollectiveProfiles& profiles) {
  std::vector<PathStep> path;
  if (timeline.operators == 0) return path;
  const auto earlier = [](double a, double b) { return a < b || (std::isnan(a) && !std::isnan(b)); };
  const auto last = std::max_element(timeline.end_s.begin(), timeline.end_s.end(), earlier) - timeline.end_s.begin();
  int op = static_cast<int>(last / timeline.ranks);
  int rank = static_cast<int>(last % timeline.ranks);
  Seconds end = timeline.step;
  while (op >= 0) {
    PathStep step;
    step.op = op;
    step.rank = step.entered = rank;
    step.end = end;
    if (const auto* collective = std::get_if<Collective>(&program.operators[at(op)].work)) {
      const CollectiveProfile& profile = profiles.of(*collective);
      step.entered = last_to_enter(*collective, profile, timeline, op)[at(rank)];
      const Seconds time = end - timeline.start(op, step.entered);
      step.software = std::min(collective->overhead, time);
      step.latency = std::min(profile.latency[at(rank)], time - step.software);
      if (profile.slowest[at(rank)] >= 0) step.tier = profiles.network().links[at(profile.slowest[at(rank)])].tier;
    }
    const int cause = cause_of(program, timeline, op, step.entered);
    // What it waited for ended exactly when it started; taking that end as the begin keeps the path free of gaps.
    step.begin = cause < 0 ? Seconds{} : timeline.end(cause, step.entered);
    path.push_back(step);
    end = step.begin;
    rank = step.entered;
    op = cause;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<PathShare> shares_of(const std::vector<PathStep>& path, const Program& program) {
  std::vector<PathShare> shares;
  std::map<std::string, std::size_t> index;
  const auto add = [&](const std::string& name, bool communication, Seconds time) {
    if (!(time > Seconds{})) return;
    const auto [found, is_new] = index.emplace(name, shares.size());
    if (is_new) shares.push_back({name, communication, 0, {}});
    ++shares[found->second].count;
    shares[found->second].time += time;
  };
  for (const auto& step : path) {
    const Operator& op = program.operators[at(step.op)];
    const Seconds time = step.end - step.begin;
    if (std::holds_alternative<Compute>(op.work)) {
      add(op.name, false, time);
      continue;
    }
    add("software floor of " + op.name, true, step.software);
    add("latency of " + op.name, true, step.latency);
    add(op.name + (step.tier.empty() ? "" : ", bytes on " + step.tier), true, time - step.software - step.latency);
  }
  std::stable_sort(shares.begin(), shares.end(), [](const auto& a, const auto& b) { return a.time > b.time; });
  return shares;
}

}  // namespace teapot

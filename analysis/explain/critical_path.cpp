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

/// `see` tells of a step that is a collective who entered last of those that its rank waits for, and parts of its time.
template <class F>
std::vector<PathStep> walk_back(const Program& program, const Timeline& timeline, F&& see) {
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
    if (const auto* collective = std::get_if<Collective>(&program.operators[at(op)].work)) see(*collective, step);
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

}  // namespace

std::vector<PathStep> critical_path(const Program& program, const Timeline& timeline, CollectiveProfiles& profiles) {
  return walk_back(program, timeline, [&](const Collective& collective, PathStep& step) {
    const CollectiveProfile& profile = profiles.of(collective);
    step.entered = last_to_enter(collective, profile, timeline, step.op)[at(step.rank)];
    const Seconds time = step.end - timeline.start(step.op, step.entered);
    step.software = std::min(collective.overhead, time);
    step.latency = std::min(profile.latency[at(step.rank)], time - step.software);
    const int slowest = profile.slowest[at(step.rank)];
    if (slowest >= 0) step.tier = profiles.network().links[at(slowest)].tier;
  });
}

std::vector<PathStep> rough_path(const Program& program, const Timeline& timeline) {
  return walk_back(program, timeline, [&](const Collective& collective, PathStep& step) {
    const auto& groups = collective.traffic->groups;
    const auto sends = senders_of(*collective.traffic, collective.reversed);
    const auto only_receives = [&](int r) { return at(r) < sends.size() && !sends[at(r)]; };
    for (int r = 0; groups && r < timeline.ranks; ++r) {
      const bool mate = (*groups)[at(r)] == (*groups)[at(step.rank)];
      if (!mate || only_receives(r)) continue;
      const Seconds came = timeline.start(step.op, r);
      const Seconds latest = timeline.start(step.op, step.entered);
      if (came > latest || (came >= latest && only_receives(step.entered))) step.entered = r;
    }
    step.software = std::min(collective.overhead, step.end - timeline.start(step.op, step.entered));
  });
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

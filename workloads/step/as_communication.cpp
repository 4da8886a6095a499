// Replaces durations of computing by those that collectives had.
// Does not simulate.

#include "workloads/step/as_communication.hpp"

#include <algorithm>
#include <vector>

#include "sim/index.hpp"

namespace teapot {
namespace {

bool is_compute(const Program& program, int op) {
  return std::holds_alternative<Compute>(program.operators[at(op)].work);
}

bool waits_for(const Program& program, int op, int collective) {
  const auto& after = program.operators[at(op)].after;
  return std::find(after.begin(), after.end(), collective) != after.end();
}

/// Compute operators that hide a collective, or follow it where nothing does.
std::vector<int> beside(const Program& program, int collective) {
  const int count = static_cast<int>(program.operators.size());
  std::vector<int> hidden;
  int op = collective + 1;
  for (; op < count && !waits_for(program, op, collective); ++op) {
    if (is_compute(program, op)) hidden.push_back(op);
  }
  for (; hidden.empty() && op < count && is_compute(program, op); ++op) hidden.push_back(op);
  return hidden;
}

Seconds longest_of(const Timeline& timeline, int op) {
  Seconds longest;
  for (int rank = 0; rank < timeline.ranks; ++rank) {
    if (timeline.ran(op, rank)) longest = std::max(longest, timeline.end(op, rank) - timeline.start(op, rank));
  }
  return longest;
}

}  // namespace

void compute_as_long_as_communication(Program& program, const Timeline& timeline) {
  const int count = static_cast<int>(program.operators.size());
  std::vector<Seconds> duration(program.operators.size());
  for (int op = 0; op < count; ++op) {
    if (is_compute(program, op)) continue;
    const std::vector<int> computing = beside(program, op);
    const Seconds each = longest_of(timeline, op) / static_cast<double>(std::max<std::size_t>(1, computing.size()));
    for (const int c : computing) duration[at(c)] += each;
  }
  for (int op = 0; op < count; ++op) {
    if (auto* compute = std::get_if<Compute>(&program.operators[at(op)].work)) compute->duration = {duration[at(op)]};
  }
}

}  // namespace teapot

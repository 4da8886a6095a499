// Sums intervals and traffic by rank.
// Does not know what an operator is for.

#include "analysis/output/html/gpu_loads.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>

#include "analysis/run/intervals.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

std::vector<BusyInterval> sorted_and_merged(std::vector<BusyInterval> intervals) {
  std::sort(intervals.begin(), intervals.end(), [](const auto& a, const auto& b) { return a.begin_s < b.begin_s; });
  return merged(intervals);
}

GpuLoad times_of(const Program& program, const Timeline& timeline, int rank) {
  std::vector<BusyInterval> computing;
  std::vector<BusyInterval> flying;
  for (int op = 0; op < timeline.operators; ++op) {
    if (!timeline.ran(op, rank)) continue;
    const bool computes = std::holds_alternative<Compute>(program.operators[at(op)].work);
    (computes ? computing : flying).push_back({timeline.start(op, rank).value, timeline.end(op, rank).value});
  }
  computing = sorted_and_merged(std::move(computing));
  flying = sorted_and_merged(std::move(flying));
  GpuLoad load;
  load.computing_s = length_s(computing);
  load.exposed_s = length_s(flying) - overlap_s(flying, computing);
  load.idle_s = std::max(0.0, timeline.step.value - load.computing_s - load.exposed_s);
  return load;
}

}  // namespace

void for_each_transfer(const Program& program, const std::function<void(int, int, double)>& f) {
  using Matrix = std::pair<const Traffic*, bool>;
  std::map<Matrix, double> bytes_per_copy;  // of all collectives of a matrix
  std::vector<Matrix> order;                // addresses must not decide in which order numbers add up
  for (const auto& op : program.operators) {
    const auto* c = std::get_if<Collective>(&op.work);
    if (c == nullptr) continue;
    const Matrix matrix{c->traffic.get(), c->reversed};
    if (!bytes_per_copy.contains(matrix)) order.push_back(matrix);
    bytes_per_copy[matrix] += c->bytes_per_copy.value;
  }
  for (const auto& matrix : order) {
    const double each = bytes_per_copy[matrix];
    for (int r = 0; r < program.ranks; ++r) {
      matrix.first->for_each_receiver(
          r, [&](int d, double copies) { f(matrix.second ? d : r, matrix.second ? r : d, copies * each); });
    }
  }
}

std::vector<GpuLoad> gpu_loads(const Program& program, const Timeline& timeline) {
  std::vector<GpuLoad> loads;
  for (int r = 0; r < program.ranks; ++r) loads.push_back(times_of(program, timeline, r));
  for_each_transfer(program, [&](int from, int to, double bytes) {
    loads[at(from)].sent_bytes += bytes;
    loads[at(to)].received_bytes += bytes;
  });
  return loads;
}

}  // namespace teapot

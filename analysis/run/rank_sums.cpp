// Walks through what each rank did, in order.
// Does not know what comes of it.

#include "analysis/run/rank_sums.hpp"

#include <algorithm>

#include "analysis/run/intervals.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

double begin_of(const BusyInterval& time) { return time.begin_s; }
double begin_of(const auto& flight) { return flight.time.begin_s; }
/// What one stream ran is in order already.
void sort_by_begin(auto& times) {
  const auto by_begin = [](const auto& a, const auto& b) { return begin_of(a) < begin_of(b); };
  if (!std::is_sorted(times.begin(), times.end(), by_begin)) std::stable_sort(times.begin(), times.end(), by_begin);
}

}  // namespace

void RankSums::add(int first, int beyond) {
  for (int at_once = first; at_once < beyond; at_once += together) {
    const int count = std::min(beyond - at_once, together);
    gather(at_once, count);
    for (int r = 0; r < count; ++r) add_rank(at_once + r, ran_[at(r)]);
  }
}

void RankSums::gather(int first, int count) {
  for (auto& of_rank : ran_) of_rank.clear();
  for (int op = 0; op < timeline_.operators; ++op) {
    for (int r = 0; r < count; ++r) {
      if (timeline_.ran(op, first + r))
        ran_[at(r)].push_back({{timeline_.start(op, first + r).value, timeline_.end(op, first + r).value}, op});
    }
  }
}

void RankSums::add_rank(int rank, const std::vector<Ran>& ran) {
  computing_.clear();
  on_cpu_.clear();
  flights_.clear();
  for (const auto& [time, op] : ran) {
    const int kind = kinds_.kind[at(op)];
    const double length = time.end_s - time.begin_s;
    busy[at(kind)] += length;
    longest[at(kind)] = std::max(longest[at(kind)], length);
    if (kinds_.communication[at(kind)] != 0) {
      flights_.push_back({time, kind});
    } else {
      (kinds_.on_cpu[at(op)] != 0 ? on_cpu_ : computing_).push_back(time);
    }
  }
  sort_by_begin(computing_);
  merge(computing_, busy_computing_);
  double computing_s = length_s(busy_computing_);
  gpu.see(computing_s, rank);
  if (!on_cpu_.empty()) {
    sort_by_begin(on_cpu_);
    cpu.see(length_s(merged(on_cpu_)), rank);
    computing_.insert(computing_.end(), on_cpu_.begin(), on_cpu_.end());
    sort_by_begin(computing_);
    merge(computing_, busy_computing_);
    computing_s = length_s(busy_computing_);
  }
  add_exposed(computing_s);
}

void RankSums::add_exposed(double computing_s) {
  sort_by_begin(flights_);
  flying_.clear();
  for (const Flight& flight : flights_) flying_.push_back(flight.time);
  merge(flying_, busy_flying_);
  compute += computing_s;
  communication += length_s(busy_flying_);
  exposed_all += expose();
}

/// Of the time of collectives outside of what computes, the part of each: where two are in flight the one that began
/// first is waited for.
double RankSums::expose() {
  const std::vector<BusyInterval>& computing = busy_computing_;
  double all = 0;
  double covered = 0;  // everything before this time has been given to a collective already
  std::size_t c = 0;
  for (const Flight& flight : flights_) {
    double from = std::max(flight.time.begin_s, covered);
    while (c > 0 && computing[c - 1].end_s > from) --c;
    while (c < computing.size() && computing[c].end_s <= from) ++c;
    for (std::size_t i = c; from < flight.time.end_s; ++i) {
      const double busy_from =
          i < computing.size() ? std::min(computing[i].begin_s, flight.time.end_s) : flight.time.end_s;
      if (busy_from > from) {
        exposed[at(flight.kind)] += busy_from - from;
        all += busy_from - from;
      }
      if (i >= computing.size()) break;
      from = std::max(from, computing[i].end_s);
    }
    covered = std::max(covered, flight.time.end_s);
  }
  return all;
}

}  // namespace teapot

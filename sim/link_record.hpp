#pragma once
// When links were busy: each works at full speed while there is anything to send, whoever shares it, so work that comes
// at a time extends or begins an interval. Knows no transfers.

#include <cstddef>
#include <utility>
#include <vector>

#include "sim/timeline.hpp"

namespace teapot {

class LinkRecord {
 public:
  explicit LinkRecord(std::size_t links = 0) : busy_(links) {}

  bool on() const { return !busy_.empty(); }
  /// `seconds` of work for the link at `now`, a time not before that of any earlier call.
  void add(int link, double now, double seconds) {
    auto& busy = busy_[static_cast<std::size_t>(link)];
    // Work that arrives so little after a link ran dry finds it still busy: rounding of times of a few seconds.
    constexpr double dry_s = 1e-13;
    if (busy.empty() || busy.back().end_s + dry_s < now) busy.push_back({now, now});
    busy.back().end_s += seconds;
  }
  std::vector<std::vector<BusyInterval>> take() { return std::move(busy_); }

 private:
  std::vector<std::vector<BusyInterval>> busy_;  // by link
};

}  // namespace teapot

#pragma once
// Who has entered a collective, and who has nobody left to wait for. Knows no link and no time.

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/collective_support.hpp"
#include "sim/program.hpp"

namespace teapot {

class Entries {
 public:
  Entries() = default;
  /// `started`: rows are those who start (started_by), and `support` is of it; `ranks`: of the program.
  Entries(std::shared_ptr<const Support> support, std::shared_ptr<const Traffic> started, Collective::Start start,
          int ranks);

  /// The rank has entered. Returns whether anybody has nobody left to wait for since.
  bool enter(int rank);
  /// Those who have entered and have nobody left to wait for, 64 ranks a word.
  const std::vector<std::uint64_t>& complete() const { return complete_; }

 private:
  bool enter_group(int rank);
  bool count_missing();
  void complete(int rank);

  std::shared_ptr<const Support> support_;
  std::shared_ptr<const Traffic> started_;
  bool fetched_ = false;
  int ranks_ = 0;
  int entered_count_ = 0;
  // The fewest senders that anybody waits for: while fewer have entered, nobody but those who wait for none is
  // complete, and nobody needs to be counted for.
  int fewest_ = 0;
  std::vector<int> missing_;  // by rank, or by group: senders that have not entered; empty: not counted yet
  std::vector<std::uint64_t> entered_, complete_;
};

}  // namespace teapot

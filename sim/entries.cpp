// Counts who is missing.
// Does not know what waits for it.

#include "sim/entries.hpp"

#include <algorithm>
#include <utility>

#include "sim/index.hpp"

namespace teapot {
namespace {

void mark(std::vector<std::uint64_t>& bits, int rank) { bits[at(rank) / 64] |= std::uint64_t{1} << (rank % 64); }
bool marked(const std::vector<std::uint64_t>& bits, int rank) { return (bits[at(rank) / 64] >> (rank % 64) & 1) != 0; }

}  // namespace

Entries::Entries(std::shared_ptr<const Support> support, std::shared_ptr<const Traffic> started,
                 Collective::Start start, int ranks)
    : support_(std::move(support)),
      started_(std::move(started)),
      fetched_(start == Collective::Start::receiver),
      ranks_(ranks),
      entered_((at(ranks) + 63) / 64),
      complete_(entered_.size()) {
  if (support_->by_group) {
    missing_.assign(at(ranks), 0);  // by group: it is complete when all of its ranks are in
    for (int rank = 0; rank < ranks; ++rank) {
      const int group = (*started_->groups)[at(rank)];
      if (group >= 0) ++missing_[at(group)];
    }
    return;
  }
  for (int rank = 0; rank < ranks; ++rank) {
    const int senders = support_->senders[at(rank)];
    if (senders > 0) fewest_ = fewest_ == 0 ? senders : std::min(fewest_, senders);
  }
}

void Entries::complete(int rank) { mark(complete_, rank); }

bool Entries::enter(int rank) {
  mark(entered_, rank);
  if (support_->by_group) return enter_group(rank);
  if (fetched_ || support_->senders[at(rank)] == 0) complete(rank);
  bool any = marked(complete_, rank);
  if (fetched_ || ++entered_count_ < fewest_) return any;
  if (missing_.empty()) return count_missing() || any;
  started_->for_each_receiver(rank, [&](int d, double) {
    if (--missing_[at(d)] != 0 || d >= ranks_ || !marked(entered_, d)) return;
    complete(d);
    any = true;
  });
  if (missing_[at(rank)] != 0) return any;
  complete(rank);
  return true;
}

bool Entries::enter_group(int rank) {
  const auto& groups = *started_->groups;
  const int group = groups[at(rank)];
  if (group < 0) {
    complete(rank);
    return true;
  }
  if (--missing_[at(group)] != 0) return false;
  for (int r = 0; r < ranks_; ++r) {
    if (groups[at(r)] == group) complete(r);
  }
  return true;
}

/// Counts those who have not entered, who are few by now.
bool Entries::count_missing() {
  missing_.assign(at(started_->ranks), 0);
  for (int rank = 0; rank < ranks_; ++rank) {
    if (!marked(entered_, rank)) started_->for_each_receiver(rank, [&](int d, double) { ++missing_[at(d)]; });
  }
  bool any = false;
  for (int rank = 0; rank < ranks_; ++rank) {
    if (missing_[at(rank)] != 0 || !marked(entered_, rank)) continue;
    any = any || !marked(complete_, rank);
    complete(rank);
  }
  return any;
}

}  // namespace teapot

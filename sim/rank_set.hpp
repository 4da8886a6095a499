#pragma once
// Which ranks of a program: some of them, or all. Operators of one pool, pipeline stage or host share a set.
// Does not know what runs on them.

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace teapot {

/// Ranks in increasing order, each once.
class RankSet {
 public:
  explicit RankSet(std::vector<int> ranks) : ranks_(std::move(ranks)) {
    std::sort(ranks_.begin(), ranks_.end());
    ranks_.erase(std::unique(ranks_.begin(), ranks_.end()), ranks_.end());
    assert(ranks_.empty() || ranks_.front() >= 0);
    bits_.resize(ranks_.empty() ? 0 : static_cast<std::size_t>(ranks_.back()) / 64 + 1);
    for (const int rank : ranks_) bits_[static_cast<std::size_t>(rank) / 64] |= std::uint64_t{1} << (rank % 64);
  }

  bool contains(int rank) const {
    const auto word = static_cast<std::size_t>(rank) / 64;
    return word < bits_.size() && (bits_[word] >> (rank % 64) & 1) != 0;
  }
  const std::vector<int>& members() const { return ranks_; }
  int size() const { return static_cast<int>(ranks_.size()); }

 private:
  std::vector<int> ranks_;
  std::vector<std::uint64_t> bits_;  // one for each rank up to the last
};

/// Shared between the operators of a program; null: all of its ranks.
using Ranks = std::shared_ptr<const RankSet>;

inline Ranks ranks(std::vector<int> members) { return std::make_shared<const RankSet>(std::move(members)); }

}  // namespace teapot

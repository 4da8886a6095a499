#pragma once
// Who sends how many copies to whom in one collective: a sparse matrix over ranks, stored by sender.
// A copy is the unit that is sent (a token's activations, a chunk of a buffer); its size belongs to the collective.

#include <cstdint>
#include <memory>
#include <vector>

namespace teapot {

struct Traffic {
  int ranks = 0;
  std::vector<std::uint32_t> row_begin;    ///< ranks + 1 offsets into the arrays below
  std::vector<std::uint16_t> destination;  ///< increasing within a row; never the row itself
  std::vector<std::uint16_t> copies;       ///< whole numbers of copies; empty where `weight` is used
  std::vector<double> weight;              ///< fractional copies (expected values); empty where `copies` is used
  /// Ranks with the same number may exchange something, others never do (-1: takes no part); one entry a rank.
  /// Shared between the collectives of a program, so that what depends on it alone is computed once.
  std::shared_ptr<const std::vector<int>> groups;

  std::size_t pairs() const { return destination.size(); }
  double count(std::size_t index) const { return copies.empty() ? weight[index] : copies[index]; }
  /// Calls f(destination, copies) for each receiver of a rank.
  template <class F>
  void for_each_receiver(int rank, F&& f) const {
    const auto end = row_begin[static_cast<std::size_t>(rank) + 1];
    for (std::uint32_t i = row_begin[static_cast<std::size_t>(rank)]; i < end; ++i) f(int{destination[i]}, count(i));
  }
  double total() const;
};

/// The same exchange the other way round (a combine is the transpose of its dispatch).
Traffic transposed(const Traffic& traffic);
/// From a dense matrix, row-major; zeros and the diagonal are left out. Groups: those ranks that exchange anything.
Traffic from_dense(int ranks, const std::vector<double>& copies);
/// All ranks in one group.
std::shared_ptr<const std::vector<int>> one_group(int ranks);
/// Consecutive groups of `size` ranks.
std::shared_ptr<const std::vector<int>> groups_of(int ranks, int size);
/// Each rank sends `copies` to every other rank of its group.
Traffic all_to_all(std::shared_ptr<const std::vector<int>> groups, double copies);

}  // namespace teapot

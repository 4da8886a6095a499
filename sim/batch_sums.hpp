#pragma once
// What several ranks put on links, summed by destination on links that lead to one alone, else by link.
// Knows no time and nobody else on the links.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "sim/route_table.hpp"
#include "sim/shape_ways.hpp"
#include "sim/traffic.hpp"

namespace teapot {

struct CopiesOnLink {
  int link;
  double copies;
};

/// Adds counts in a row to others.
void add_counts(std::size_t size, const std::uint32_t* more, std::uint32_t* counts);

/// The same sums to the bit as link by link: copies are whole numbers.
class BatchSums {
 public:
  /// `rows` must outlive this.
  BatchSums(std::size_t links, const LinkRows& rows)
      : sums_(links + 1),
        links_(links + 2),
        on_links_(links + 1),
        rows_(rows),
        on_near_(rows.slot_of.size()),
        on_final_(rows.slot_of.size()),
        on_middle_(rows.middle.size()) {}

  /// What each of the ranks sends, for routes that have parts and counts that are short.
  void gather(const RouteTable& routes, const Traffic& sent, const std::vector<int>& ranks);

  std::span<const CopiesOnLink> on_links() const { return {on_links_.data(), used_}; }
  const std::vector<std::uint32_t>& on_near() const { return on_near_; }  ///< by slot, on its destination's near link
  const std::vector<std::uint32_t>& on_final() const { return on_final_; }
  /// Of slots: those outside have nothing.
  std::span<const SlotRun> runs() const { return runs_; }
  /// By number of the middle link, for those of middle_run(); others are among on_links().
  const std::vector<std::uint32_t>& on_middle() const { return on_middle_; }
  SlotRun middle_run() const { return middle_run_; }

 private:
  /// Where copies go by link: in registers while pairs are walked.
  struct Sink {
    double* sums;
    int* next;
    void operator()(int link, double copies) {
      // Whether a link has copies already is as good as random: the next place is written either way.
      double& sum = sums[link];
      *next = link;
      next += (sum == 0) & (copies != 0) ? 1 : 0;
      sum += copies;
    }
  };
  template <std::size_t MiddleLinks>
  Sink add(const RouteTable& routes, const Traffic& sent, int rank, Sink sink);
  template <std::size_t Turns>
  Sink add_known(const RouteTable& routes, const Traffic& sent, const ShapeWays::Row& row, int rank, Sink sink);
  template <std::size_t Turns>
  Sink add_out(const RouteTable& routes, int rank, Sink sink);
  const ShapeWays* ways_of(const RouteTable& routes, const Traffic& sent, std::size_t ranks);
  void clear(const ShapeWays* ways, const std::vector<int>& ranks);

  std::vector<double> sums_;  // by link, and one for no link; zeros between calls
  std::vector<int> links_;    // those with copies, and room for all
  // Many destinations in a row may be of one kind: each sum is kept in turn in four, so that none waits for the one
  // before.
  static constexpr std::size_t turns = 4;
  std::array<std::uint32_t, turns * 256> of_kind_{};
  std::vector<CopiesOnLink> on_links_;
  std::size_t used_ = 0;
  const LinkRows& rows_;
  std::vector<std::uint32_t> on_near_, on_final_, on_middle_;
  std::vector<SlotRun> runs_;
  SlotRun middle_run_;
  std::vector<std::uint32_t> of_class_;    // as of_kind_, for the classes of a row
  std::vector<std::uint32_t> of_pattern_;  // of a row's blocks (ColumnBlocks)
  /// The ways of shapes that come again, and how many rows of each have come.
  struct Known {
    std::shared_ptr<const TrafficShape> shape;
    std::size_t rows = 0;
    std::unique_ptr<ShapeWays> ways;
  };
  std::vector<Known> known_;
};

}  // namespace teapot

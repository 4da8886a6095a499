#pragma once
// What several ranks put on links, summed by destination on links that lead to one alone, else by link.
// Knows no time and nobody else on the links.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/route_table.hpp"
#include "sim/traffic.hpp"

namespace teapot {

struct CopiesOnLink {
  int link;
  double copies;
};

/// Adds counts in a row to others.
void add_counts(const std::vector<std::uint32_t>& more, std::uint32_t* counts);

/// The same sums to the bit as link by link: copies are whole numbers.
class BatchSums {
 public:
  explicit BatchSums(std::size_t links) : sums_(links + 1), links_(links + 2), on_links_(links + 1) {}

  /// What each of the ranks sends, for routes that have parts and counts that are short.
  void gather(const RouteTable& routes, const Traffic& sent, const std::vector<int>& ranks);

  std::span<const CopiesOnLink> on_links() const { return {on_links_.data(), used_}; }
  const std::vector<std::uint32_t>& on_near() const { return on_near_; }  ///< by destination, on its near link
  const std::vector<std::uint32_t>& on_final() const { return on_final_; }

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

  std::vector<double> sums_;  // by link, and one for no link; zeros between calls
  std::vector<int> links_;    // those with copies, and room for all
  // Many destinations in a row may be of one kind: each sum is kept in turn in four, so that none waits for the one
  // before.
  static constexpr std::size_t turns = 4;
  std::array<std::uint32_t, turns * 256> of_kind_{};
  std::vector<CopiesOnLink> on_links_;
  std::size_t used_ = 0;
  std::vector<std::uint32_t> on_near_, on_final_;
};

}  // namespace teapot

#pragma once
// The way of each pair of endpoints, and which of its links may ever hold it up. Pure.
// Knows no bytes, no time and nobody who shares.

#include <cstdint>
#include <span>
#include <vector>

#include "sim/network.hpp"
#include "sim/program.hpp"

namespace teapot {

/// A link of which no traffic whatever can ask more than it carries: all that cross it come from links before it, or
/// go on to links behind it, that carry no more together (a PCIe link before its NIC, cables of a fabric that is not
/// oversubscribed). Max-min shares are the same without it. `ways` are all that there are; by link.
std::vector<char> links_that_never_bind(const std::vector<std::span<const int>>& ways,
                                        const std::vector<double>& rates);

/// The ways between the endpoints of a program; a path is the number of a pair.
class PairPaths {
 public:
  /// `rates`: of links, in bytes a second. Throws ConfigError where a pair has more than one path.
  PairPaths(const Program& program, const Network& network, const std::vector<double>& rates);

  int endpoints() const { return endpoints_; }
  int paths() const { return endpoints_ * endpoints_; }
  int path(int source, int destination) const { return source * endpoints_ + destination; }
  /// In path order.
  std::span<const int> links(int path) const { return part(links_, begin_, path); }
  /// Those that may bind, the slowest first.
  std::span<const int> binding(int path) const { return part(binding_, binding_begin_, path); }
  /// How many of these are the slowest, all as fast as the first.
  std::size_t slowest(int path) const { return slowest_[static_cast<std::size_t>(path)]; }
  std::size_t longest() const { return longest_; }  ///< links of a path that may bind, at most

 private:
  static std::span<const int> part(const std::vector<int>& all, const std::vector<std::uint32_t>& begin, int path) {
    const auto p = static_cast<std::size_t>(path);
    return {all.data() + begin[p], all.data() + begin[p + 1]};
  }
  void read_routes(const Program& program, const Network& network);
  void leave_out(const std::vector<double>& rates);

  int endpoints_;
  std::vector<int> links_, binding_;
  std::vector<std::uint32_t> begin_{0}, binding_begin_{0};  // by path, and the end
  std::vector<std::uint8_t> slowest_;
  std::size_t longest_ = 0;
};

}  // namespace teapot

#pragma once
// What ranks that enter a collective together put on links, kept for matrices that come again: balanced layers repeat
// one. Knows no time and nobody else on the links.

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/batch_sums.hpp"
#include "sim/collective_load.hpp"
#include "sim/program.hpp"
#include "sim/traffic.hpp"

namespace teapot {

class LinkBatches {
 public:
  using OnLink = CopiesOnLink;
  explicit LinkBatches(std::size_t links) : sums_(links), links_(links + 1), marks_(links / 64 + 1) {}

  /// A transfer begins. Returns what names its matrix if it has been seen lately and batches of it may be kept: they
  /// depend on it and on the ranks alone; -1 if not.
  int recall(const std::shared_ptr<const Traffic>& started, const Collective& collective);
  /// What these ranks add, in this order; valid until the next call. `recalled`: of their transfer.
  const std::vector<OnLink>& of(LinkCopies& copies, const std::vector<int>& ranks, int recalled);

 private:
  static constexpr std::size_t most = std::size_t{1} << 22;
  struct Batch {
    std::vector<int> ranks;
    std::vector<OnLink> links;  // in their order: memory is walked once from end to end
    std::uint64_t used = 0;     // when it was last asked for
  };
  struct Known {
    std::shared_ptr<const Traffic> started;
    Collective::Start start;
    int number;
    std::optional<bool> all_have_copies;  // each of its pairs
    bool operator==(const Known& other) const { return started == other.started && start == other.start; }
  };
  enum class Order { any, of_links };
  void gather(LinkCopies& copies, const std::vector<int>& ranks, Order order);
  bool gather_others(LinkCopies& copies, const Batch& before, const std::vector<int>& ranks, Known& matrix);
  void add(LinkCopies& copies, const std::vector<int>& ranks, double sign);
  void take(Order order);
  std::size_t sorted(std::size_t size);
  bool make_room(std::size_t links);

  std::vector<double> sums_;  // by link, zeros between calls
  std::vector<int> links_;    // those with copies, `size_` of them so far, and room for all
  std::size_t size_ = 0;
  std::vector<std::uint64_t> marks_;  // a bit for each link
  std::vector<OnLink> unkept_;        // of the last call
  std::vector<Known> seen_;           // the last few
  int numbers_ = 0;
  std::map<int, std::map<int, Batch>> kept_;  // by number of the matrix and first rank
  // For so many more links: 64 MB in all. 40 replicas of 256 on a slim fly with Valiant's detours enter in 46 batches
  // of 26,000 links, and have two matrices.
  std::size_t room_ = most;
  std::uint64_t calls_ = 0;
};

}  // namespace teapot

#pragma once
// What ranks that enter a collective together put on links, kept for matrices that come again: balanced layers repeat
// one. Knows no time and nobody else on the links.

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "sim/batch_sums.hpp"
#include "sim/collective_load.hpp"
#include "sim/program.hpp"
#include "sim/traffic.hpp"

namespace teapot {

class LinkBatches {
 public:
  using OnLink = CopiesOnLink;
  explicit LinkBatches(std::size_t links) : sums_(links), links_(links + 1) {}

  /// A transfer begins. Returns what names its matrix if it has been seen lately and batches of it may be kept: they
  /// depend on it and on the ranks alone; -1 if not.
  int recall(const std::shared_ptr<const Traffic>& started, const Collective& collective);
  /// What these ranks add, in this order; valid until the next call. `recalled`: of their transfer.
  const std::vector<OnLink>& of(LinkCopies& copies, const std::vector<int>& ranks, int recalled);

 private:
  struct Batch {
    std::vector<int> ranks;
    std::vector<OnLink> links;
  };
  struct Known {
    std::shared_ptr<const Traffic> started;
    Collective::Start start;
    int number;
    bool operator==(const Known& other) const { return started == other.started && start == other.start; }
  };
  void gather(LinkCopies& copies, const std::vector<int>& ranks, std::vector<OnLink>& batch);

  std::vector<double> sums_;    // by link, zeros between calls
  std::vector<int> links_;      // those with copies, and room for all
  std::vector<OnLink> unkept_;  // of the last call
  std::vector<Known> seen_;     // the last few
  int numbers_ = 0;
  std::map<int, std::map<int, Batch>> kept_;  // by number of the matrix and first rank
  std::size_t room_ = std::size_t{1} << 20;   // for so many more links: 16 MB in all
};

}  // namespace teapot

#pragma once
// How much longer a collective takes where a full queue stops what is behind it (pauses of lossless Ethernet, credits
// of InfiniBand): links in front of a hot one carry its backlog, and other bytes on them wait. Knows no time and no
// other collective.

#include <memory>
#include <utility>
#include <vector>

#include "sim/collective_load.hpp"
#include "sim/network.hpp"

namespace teapot {

class Blocking {
 public:
  /// Both must outlive this.
  Blocking(const Network& network, const RouteTable& routes);

  bool any() const { return network_.backlog.share > 0; }
  /// Of a link that stands in routes: whether it stands for one that may stop what feeds it.
  bool stops(int link) const { return stopping_[static_cast<std::size_t>(link)] >= 0; }
  /// What seconds of a collective on such links are multiplied by: at least 1, and 1 where no link is asked for more
  /// than it has, as by uniform traffic. Of a matrix that came lately it is known.
  double stretch(const Collective& collective, const std::shared_ptr<const Traffic>& started);

 private:
  struct Known {
    std::shared_ptr<const Traffic> started;
    std::shared_ptr<const Wire> wire;
    Bytes bytes_per_copy;
    Collective::Start start;
    Collective::Carry carry;
    bool operator==(const Known&) const = default;
  };
  struct Demand {
    std::vector<double> own_s;    // by rank: what its busiest link needs for all that it starts
    std::vector<double> asked;    // by link: of its time, were all ranks to send at full speed
    std::vector<double> seconds;  // by link
    double longest_s = 0;         // of them: when the collective ends if nothing is held up
  };
  /// Calls f(rank, links, seconds) for each rank: links that may stop, and by link what they need for what it starts.
  template <class F>
  void for_each_load(const Collective& collective, const Traffic& started, const std::vector<double>& seconds_per_copy,
                     F&& f) const;
  double computed(const Collective& collective, const Traffic& started) const;
  double absorbed(const Demand& demand, const Collective& collective,
                  const std::vector<double>& seconds_per_copy) const;

  const Network& network_;
  const RouteTable& routes_;
  std::vector<int> stopping_;  // by link that stands in routes: the link that it stands for and that may stop; -1: none
  std::vector<std::pair<Known, double>> known_;
};

}  // namespace teapot

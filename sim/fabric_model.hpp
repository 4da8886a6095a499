#pragma once
// How collectives share the links of a network: each collective is one transfer, and each link drains the transfers on
// it like a fluid, in proportion to their weights. Knows no SimGrid, no operator order and no fabric kind.

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <queue>
#include <vector>

#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/route_table.hpp"
#include "sim/timeline.hpp"

namespace teapot {

inline constexpr double never = std::numeric_limits<double>::infinity();

/// Which links carry bytes of which ranks, and what must have entered before a rank can be done.
struct Support {
  std::size_t words = 0;             ///< 64-bit words for one bit a rank
  std::vector<std::uint64_t> touch;  ///< [link * words ...]: ranks that send or receive over the link
  std::vector<int> senders;          ///< by rank: how many others must enter before it can be done
  bool by_group = false;             ///< senders are all of the group, not only those of the matrix
};

class FabricModel {
 public:
  /// The program's collectives are the only ones that may begin; both arguments must outlive the model.
  FabricModel(const Network& network, const Program& program);

  struct Arrival {
    double time;
    int transfer;
    int rank;
    bool operator>(const Arrival& other) const {
      return time != other.time           ? time > other.time
             : transfer != other.transfer ? transfer > other.transfer
                                          : rank > other.rank;
    }
  };

  /// A new transfer, with nobody in it yet, of an operator that is a collective. The operator must outlive it.
  int begin(const Operator& op);
  /// The rank's bytes are put on their links at `now`, a time not before that of any earlier call.
  void enter(int transfer, int rank, double now);
  /// When something happens next; `never` if nothing will before another rank enters.
  double next_event();
  /// Handles what happens at `now`, which is next_event() or earlier, and appends the ranks that are done.
  void advance(double now, std::vector<Arrival>& arrivals);

  /// What each link of the network has carried.
  std::vector<LinkUse> use() const;

 private:
  struct Bucket {
    int transfer;
    double weight;
    double remaining_s;  // seconds of the link at full speed
  };
  struct LinkState {
    double updated = 0;
    std::vector<Bucket> buckets;
  };
  struct Transfer {
    const Collective* collective = nullptr;
    std::shared_ptr<const Traffic> traffic;  // rows are what each rank sends
    std::shared_ptr<const Support> support;
    std::shared_ptr<const std::vector<double>> latency_s;  // by rank: the longest path to it from one of its senders
    std::vector<int> links;                                // those with bytes of it
    std::vector<int> missing;                              // by rank, or by group: senders that have not entered
    std::vector<std::uint64_t> entered, armed, done;
    int left = 0;               // ranks not done
    std::uint32_t version = 0;  // of its entry in checks_
    bool dirty = false;         // somebody was armed since the last evaluation
    std::size_t cost = 0;       // index into costs_
  };
  struct Check {
    double time;
    int transfer;
    std::uint32_t version;
    bool operator>(const Check& other) const {
      return time != other.time ? time > other.time : transfer > other.transfer;
    }
  };

  /// What a copy costs on each link, and how many copies each has carried at that cost.
  struct Cost {
    const Wire* wire;
    Bytes bytes_per_copy;
    std::vector<double> seconds_per_copy;  // by link
    std::vector<double> copies;            // by link
  };

  struct CachedSupport {
    std::shared_ptr<const Traffic> traffic;
    std::shared_ptr<const std::vector<int>> groups;
    std::shared_ptr<const Support> support;
    std::map<const Wire*, std::shared_ptr<const std::vector<double>>> latency_s;
  };

  std::size_t cost_of(const Collective& collective);
  CachedSupport& support_of(const std::shared_ptr<const Traffic>& traffic);
  std::shared_ptr<const std::vector<double>> latencies(CachedSupport& support, const Traffic& traffic,
                                                       const Wire* wire) const;
  std::shared_ptr<const Traffic> sent_by(const Collective& collective);
  void arm(Transfer& transfer, int rank);
  void flush();
  void add(int link, int transfer, double seconds, double now);
  static void drain(LinkState& state, double now);
  static double drained_at(const LinkState& state, int transfer);
  void evaluate(int transfer, double now);
  void release(int transfer);

  const Network& network_;
  int ranks_;
  std::size_t words_;
  RouteTable routes_;
  std::vector<Cost> costs_;
  std::vector<LinkState> links_;
  std::vector<Transfer> transfers_;
  std::priority_queue<Check, std::vector<Check>, std::greater<>> checks_;
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> arrivals_;

  // Ranks that enter the same transfer at the same time are put on the links together.
  int batch_transfer_ = -1;
  double batch_time_ = 0;
  std::vector<double> batch_copies_;  // by link
  std::vector<int> batch_links_;

  struct CachedTurn {
    std::shared_ptr<const Traffic> traffic, turned;
  };
  std::vector<CachedSupport> supports_;
  std::vector<CachedTurn> turned_;
};

}  // namespace teapot

#pragma once
// How collectives share the links of a network: each collective is one transfer, and each link drains the transfers on
// it like a fluid. Knows no SimGrid, no operator order and no fabric kind.

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "sim/blocking.hpp"
#include "sim/collective_load.hpp"
#include "sim/collective_support.hpp"
#include "sim/decided.hpp"
#include "sim/entries.hpp"
#include "sim/fluid_links.hpp"
#include "sim/late_drains.hpp"
#include "sim/link_batches.hpp"
#include "sim/link_record.hpp"
#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/route_facts.hpp"
#include "sim/timeline.hpp"
#include "sim/waiting.hpp"

namespace teapot {

inline constexpr double never = std::numeric_limits<double>::infinity();

class FabricModel {
 public:
  /// The program's collectives are the only ones that may begin; both arguments must outlive the model.
  /// `record`: keep the times in which each link is busy. `facts`: of this network and program; null: it finds its own.
  FabricModel(const Network& network, const Program& program, bool record = false,
              std::shared_ptr<RouteFacts> facts = nullptr);

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
  /// When each link was busy, if that was to be recorded; valid once.
  std::vector<std::vector<BusyInterval>> take_busy() { return record_.take(); }

 private:
  struct Transfer {
    const Collective* collective = nullptr;
    std::shared_ptr<const Traffic> started;  // rows are those who start
    std::optional<LinkCopies> copies;
    int recalled = -1;                           // LinkBatches::recall
    std::shared_ptr<KeptLoads::OfMatrix> loads;  // null: not kept
    std::shared_ptr<const Support> support;
    std::shared_ptr<const std::vector<double>> latency_s;  // by rank: the longest path to it from one it waits for
    std::vector<int> places;                               // of links with bytes of it
    std::size_t in_order = 0;                              // so many places were, when they were last sorted
    // What is on links that may not be in `places`: copies by place or, where loads are kept, the ranks whose they are.
    std::vector<std::uint32_t> unlisted;
    std::vector<int> unlisted_ranks;
    Entries entries;
    std::vector<std::uint64_t> done;
    int left = 0;                // ranks not done
    std::uint32_t version = 0;   // of its entry in checks_
    bool dirty = false;          // somebody has nobody left to wait for since the last evaluation
    std::size_t cost = 0;        // index into costs_
    double stretch = 1;          // of its seconds on links that stop (Blocking)
    std::vector<char> decisive;  // by link: whether it decided who is done first, or might have
    std::size_t decided_at = 0;  // batches_put_ then; 0: not known
    Decided decided;             // since then
  };
  struct Check {
    double time;
    int transfer;
    std::uint32_t version;
    bool operator>(const Check& other) const {
      return time != other.time ? time > other.time : transfer > other.transfer;
    }
  };

  /// What a copy costs on each link, and how many copies each has carried at that cost; by place.
  struct Cost {
    const Wire* wire;
    Bytes bytes_per_copy;
    std::vector<double> seconds_per_copy, copies;
  };

  std::size_t cost_of(const Collective& collective);
  void finish(int transfer, std::size_t word, std::uint64_t bits, double now);
  bool in_rows(const Transfer& transfer) const;
  void flush();
  void put(int transfer, std::span<const CopiesOnLink> batch);
  void put(int transfer, int link, double copies);
  void put_row(int transfer, std::size_t first, std::span<const std::uint32_t> copies);
  void put_kept(int transfer);
  void list(Transfer& transfer);
  void sort(std::vector<int>& places);
  void find_drains(int transfer, double now, const std::vector<std::uint64_t>& waiting);
  void serve(Transfer& transfer, Waiting& waiting, double& next, std::vector<Decided::Ranks>* taken);
  double begin_of_last(int transfer, std::size_t most, double now, const Waiting& waiting);
  void take_last(int transfer, double now, const Waiting& waiting);
  void take_others(int transfer, double now, const Waiting& waiting, double next, bool all);
  double next_done(int transfer, double now);
  double next_done_of_few(int transfer, double now);
  void set_apart(int transfer);
  void drain_decided(int transfer, double now, double until);
  double next_done_again(int transfer, double now);
  void catch_up(int transfer);
  void evaluate(int transfer, double now);
  void release(int transfer);

  const Network& network_;
  int ranks_;
  std::size_t words_;
  std::shared_ptr<RouteFacts> facts_;
  const RouteTable& routes_;
  const LinkRows& rows_;
  const std::vector<int>&place_of_, &link_at_;
  Blocking blocking_;
  LinkRecord record_;
  std::vector<std::vector<int>> behind_;  // by link, where recorded: those it stands for
  std::vector<Cost> costs_;
  FluidLinks links_;
  std::vector<Transfer> transfers_;
  // Of an evaluation; kept for the next one's.
  std::vector<std::uint64_t> waiting_;
  std::vector<LateDrains::Drain> drains_;
  LateDrains late_;
  int lags_ = -1;                     // the transfer with links that have to drain yet (Transfer::passed)
  std::vector<std::uint64_t> marks_;  // a bit for each place
  std::priority_queue<Check, std::vector<Check>, std::greater<>> checks_;
  std::priority_queue<Arrival, std::vector<Arrival>, std::greater<>> arrivals_;

  // Ranks that enter the same transfer at the same time are put on the links together.
  int batch_transfer_ = -1;
  double batch_time_ = 0;
  std::vector<int> batch_ranks_;
  std::size_t batches_put_ = 0;
  LinkBatches batches_;
};

}  // namespace teapot

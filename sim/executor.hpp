#pragma once
// Runs the operators of a program on their ranks: one at a time on a stream, in program order, when what they wait for
// is done. Knows no clock of its own and no network: the engine tells it the time and when collectives arrive.

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <vector>

#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

class Executor {
 public:
  /// Called when a rank's bytes go onto the network, after the collective's overhead.
  using Enter = std::function<void(int op, int rank, double now)>;

  Executor(const Program& program, Enter enter);

  /// Starts what can start at time 0.
  void begin();
  /// When the next operator ends or the next rank enters a collective; infinity if nothing is under way.
  double next_event() const;
  /// Handles everything that happens up to `now`.
  void advance(double now);
  /// A collective's bytes for this rank have arrived.
  void arrived(int op, int rank, double now);

  bool finished() const { return unfinished_ == 0; }
  std::int64_t unfinished() const { return unfinished_; }
  double fraction_done() const;
  /// "layer 3 dispatch on rank 17 waits for layer 3 gate", for the first operator that never ran.
  std::string first_unfinished() const;
  /// The timeline without link use; valid once finished.
  Timeline take_timeline();

 private:
  /// The same for ranks in a row: often all of them, and then one event instead of one for each.
  struct Event {
    double time;
    int op;
    int rank;    // the first
    int beyond;  // the last, and one
    std::uint32_t version;
    bool operator>(const Event& other) const {
      return time != other.time ? time > other.time : op != other.op ? op > other.op : rank > other.rank;
    }
  };
  struct Stream {
    int next = 0;      // position in its stream's order, of an operator that runs on this rank or the end
    int running = -1;  // operator, -1 when idle
    double end = 0;    // of a running compute operator or, when idle, of the last one
    std::uint32_t version = 0;
  };

  /// What is asked of an operator for each of its ranks, close together.
  struct Brief {
    const Seconds* duration = nullptr;  // of a computing one; by rank or, without a stride, of all
    const Collective* collective = nullptr;
    const RankSet* on = nullptr;             // null: all ranks
    std::uint32_t after = 0, after_end = 0;  // in after_
    int stream = 0;
    int stride = 0;
    bool gathers = false;
    bool runs_on(int rank) const { return on == nullptr || on->contains(rank); }
  };

  Brief brief_of(const Operator& op);
  Stream& stream(int rank, int index) {
    return streams_[static_cast<std::size_t>(rank) * stream_count_ + static_cast<std::size_t>(index)];
  }
  bool is_done(int op, int rank) const;  // or does not run there
  void skip_others(int rank, int index);
  void push(double time, int op, int rank, std::uint32_t version);
  Event take_next();
  bool anything_before(const Event& event) const;
  void handle(const Event& event);
  void start_what_can(int rank);
  std::optional<double> can_start(int rank, const Stream& stream, int op) const;
  void start(int op, int rank, double now);
  void end(int op, int rank, double now);
  void finish(int op, int rank, double now);
  void gather(int op, double now);
  void hold_sms(int rank, double change, double now);

  const Program& program_;
  Enter enter_;
  std::size_t stream_count_;
  // Whether collectives take SMs from what computes: if not, computing ends at a time that is known when it starts, and
  // a rank goes on from there at once. Only what others wait for has its turn among events.
  bool sms_are_held_;
  bool everywhere_ = true;     // all operators run on all ranks
  std::vector<Brief> briefs_;  // by operator
  std::vector<int> after_;
  std::vector<std::vector<int>> order_;  // by stream: its operators
  std::vector<Stream> streams_;          // [rank * streams + stream]
  std::vector<double> sms_held_;         // by rank: part of the accelerator held by communication kernels
  Timeline timeline_;
  std::map<int, int> gathered_;  // by operator that gathers: ranks that have come
  std::int64_t all_ = 0;         // operators times the ranks that they run on
  std::int64_t unfinished_ = 0;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  // Events that the next rank in their row may join, not in the queue yet: a rank that goes on starts an operator on
  // each of its streams.
  std::array<Event, 4> open_{};
  std::size_t opened_ = 0;
};

}  // namespace teapot

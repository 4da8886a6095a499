#pragma once
// Depth `pair` of the network: every pair of ranks of a collective is a flow of SimGrid's, max-min fair.
// For the engine only; does not know in which order operators run.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/engine_shares.hpp"
#include "sim/link_record.hpp"
#include "sim/network.hpp"
#include "sim/pair_flows.hpp"
#include "sim/pair_paths.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

class PairNetwork {
 public:
  /// Called when all of a rank's bytes of a collective have been sent and received.
  using Arrived = std::function<void(int op, int rank, double now)>;

  /// Throws ConfigError where a pair has more than one path.
  PairNetwork(const Program& program, const Network& network, bool record);

  /// The zone of a platform to load.
  std::string platform() const;
  /// Once that is loaded.
  void start(Arrived arrived);
  void enter(int op, int rank, double now);
  /// After SimGrid has shared: when something happens next; `now` where it has to share once more, infinity if nothing
  /// will.
  double next_event(double now);
  /// All that happens until then.
  void advance(double now);
  const std::vector<LinkUse>& use() const { return use_; }
  std::vector<std::vector<BusyInterval>> take_busy() { return record_.take(); }

 private:
  /// A pair's bytes. They start once the latency of their way is paid and both ends are there.
  struct Message {
    int op = 0;
    int source = 0;
    int destination = 0;
    double start_s = 0;
    double bytes = 0;
  };
  /// A collective that some rank has come to.
  struct Exchange {
    std::vector<char> entered;                  // by rank
    std::vector<int> left;                      // by rank: messages that it waits for
    std::vector<std::vector<Message>> waiting;  // by receiver that has not come
    int ranks_left = 0;
  };
  /// What a copy costs on each link, with the latency of its tier.
  struct Costs {
    std::vector<double> busy_s, latency_s;
  };
  using CostKey = std::pair<const Wire*, double>;

  Exchange& exchange(int op);
  const Costs& costs(const Collective& collective);
  Message message(int op, int source, int destination, double copies, double now);
  void send(int op, int rank, double now);
  void receive(int op, int rank, double now);
  void fetch(int op, int rank, double now);
  void begin(const Message& message, double now);
  void finish(const Message& message);
  void one_less(int op, int rank);
  const Collective& collective(int op) const;
  std::shared_ptr<const Traffic> traffic(int op, bool receiving);

  const Program& program_;
  const Network& network_;
  std::vector<double> rates_;  // by link, in bytes a second: what its wire leaves of the line rate
  PairPaths paths_;
  std::optional<LinkShares> shares_;
  std::optional<PairFlows> flows_;
  Arrived arrived_;
  std::map<int, Exchange> exchanges_;  // by operator
  std::map<CostKey, Costs> costs_;
  std::map<double, std::vector<Message>> starts_;  // by time
  std::vector<Message> under_way_;                 // by flow
  std::vector<int> ended_;                         // flows
  std::vector<std::pair<int, int>> done_;          // operator and rank
  Transposes transposes_;
  std::vector<LinkUse> use_;
  LinkRecord record_;
};

}  // namespace teapot

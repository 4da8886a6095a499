#pragma once
// Depth `pair` of the network: every pair of ranks of a collective is a SimGrid communication, max-min fair.
// For the engine only; does not know in which order operators run.

#include <simgrid/s4u.hpp>

#include <simgrid/version.h>  // needs macros of the one before

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/link_record.hpp"
#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

/// Actors are made by the engine from SimGrid 4.0 on.
template <class F>
simgrid::s4u::ActorPtr start_actor(const std::string& name, simgrid::s4u::Host* host, F&& body) {
#if SIMGRID_VERSION >= 40000
  return simgrid::s4u::Engine::get_instance()->add_actor(name, host, std::function<void()>(std::forward<F>(body)));
#else
  return simgrid::s4u::Actor::create(name, host, std::forward<F>(body));
#endif
}

/// One that does not keep the simulation going. It says so itself: SimGrid 3.32 counts an actor that ended before its
/// maker could say so as a daemon for ever, and stops when there seem to be no others.
template <class F>
void start_daemon(const std::string& name, simgrid::s4u::Host* host, F&& body) {
  start_actor(name, host, [run = std::forward<F>(body)]() mutable {
    simgrid::s4u::Actor::self()->daemonize();
    run();
  });
}

class PairNetwork {
 public:
  /// Called when all of a rank's bytes of a collective have been sent and received.
  using Arrived = std::function<void(int op, int rank, double now)>;

  /// Throws ConfigError where a pair has more than one path.
  PairNetwork(const Program& program, const Network& network, bool record);

  /// A platform file of one zone with these elements.
  static std::string platform_of(const std::string& zone);
  /// The platform to load: one host a rank, and one explicit route for each pair.
  std::string platform() const;
  /// Starts the actors that wait for collectives, once the platform is loaded.
  void start(Arrived arrived);
  void enter(int op, int rank);
  const std::vector<LinkUse>& use() const { return use_; }
  std::vector<std::vector<BusyInterval>> take_busy() { return record_.take(); }

 private:
  struct Rank {
    simgrid::s4u::Host* host;
    simgrid::s4u::SemaphorePtr wake;
    std::vector<int> entered;
  };
  struct Message {
    int peer;
    double latency_s;
    std::uint64_t bytes;
  };

  void wait_for_collectives(int rank);
  void send(int op, int rank);
  void receive(int op, int rank);
  void start_others(int op, int rank);
  Message message(int op, int source, int destination, double copies);
  const Collective& collective(int op) const;
  std::shared_ptr<const Traffic> traffic(int op, bool receiving);
  Route route(int source, int destination) const;
  simgrid::s4u::Mailbox* mailbox(int op, int source, int destination) const;

  const Program& program_;
  const Network& network_;
  std::vector<double> rates_;  // by link, in bytes a second: what its wire leaves of the line rate
  Arrived arrived_;
  std::vector<Rank> ranks_;
  Transposes transposes_;
  std::vector<LinkUse> use_;
  LinkRecord record_;
};

}  // namespace teapot

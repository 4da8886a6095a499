#pragma once
// The network as the simulation sees it: nodes, directed links, and the route of each pair of ranks.
// Knows no kind of fabric and no file format: topologies build one from YAML, platforms read and write one as XML.

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sim/units.hpp"

namespace teapot {

/// A place where links meet. `role` is free text for reports and files: gpu, cpu, pcie, nvswitch, leaf, spine, ...
struct Node {
  std::string name;
  std::string role;
};

/// One direction of a cable or bus.
struct Link {
  std::string name;  ///< unique; the two directions of one cable end in _UP and _DOWN
  std::string tier;  ///< nvlink, pcie, nic, leaf, spine, global, ...: how reports group links
  int from = 0;      ///< index into Network::nodes
  int to = 0;
  BytesPerSecond bandwidth;  ///< line rate; what a communication kernel reaches of it is its Wire (program.hpp)
  Seconds latency;
  bool stops = false;  ///< of a lossless network: it stops where the queue behind it is full (Network::backlog)
  bool operator==(const Link&) const = default;
};

/// The part `share` of a pair's bytes that crosses a link; 1 unless a routing policy spreads over several paths.
struct Hop {
  int link = 0;  ///< index into Network::links
  double share = 1;
};

/// Every link that carries bytes of one pair, each once. On one path: in path order. Empty from a rank to itself.
using Route = std::vector<Hop>;

/// Who knows the route of a pair: a function, of which copies are told from others that may answer otherwise.
class RouteFunction {
 public:
  using Find = std::function<Route(int source, int destination)>;

  RouteFunction() = default;
  template <class F, class = std::enable_if_t<std::is_invocable_r_v<Route, F&, int, int>>>
  RouteFunction(F find)  // NOLINT(google-explicit-constructor): written in place of the function
      : find_(std::make_shared<const Find>(std::move(find))) {}

  Route operator()(int source, int destination) const { return (*find_)(source, destination); }
  explicit operator bool() const { return find_ != nullptr; }
  /// Whether both are copies of one.
  bool operator==(const RouteFunction&) const = default;

 private:
  std::shared_ptr<const Find> find_;
};

/// What full queues do to bytes behind them, on links that stop (sim/blocking.hpp).
struct Backlog {
  double share = 0;    ///< of what a collective takes longer where every sender stops as a whole; 0: none
  Bytes input_buffer;  ///< of a switch's input, before it stops the link that ends there
};

struct Network {
  std::string name;
  std::vector<Node> nodes;
  std::vector<Link> links;
  std::vector<int> gpus;  ///< node of each rank: the first endpoints
  std::vector<int>
      passive;              ///< node of each further endpoint: hosts and memory pools, which hold bytes and run nothing
  std::vector<int> host;    ///< of each rank: which of `passive` is its own host; empty: there are none
  std::vector<int> domain;  ///< scale-up domain of each rank (its NVSwitch node or rack), counted from 0
  /// Ranks with one number here take the same ways to ranks that are at home (in the scale-up domain) with neither, but
  /// for the links that they begin with, which are alike; -1 or empty: not known. Only saves asking for each route.
  std::vector<int> alike;
  Backlog backlog;
  /// Route from an endpoint to another; pure, and safe to call at any time. Throws ConfigError if they are cut off.
  RouteFunction route;

  int ranks() const { return static_cast<int>(gpus.size()); }
  int endpoints() const { return ranks() + static_cast<int>(passive.size()); }
};

/// Sum of the latencies along a route; where it spreads, the mean over its paths weighted by share.
Seconds latency(const Network& network, const Route& route);
/// Line rate between two ranks of one scale-up domain, the first that there are; zero where every rank is alone in its
/// own.
BytesPerSecond scale_up_bandwidth(const Network& network);

}  // namespace teapot

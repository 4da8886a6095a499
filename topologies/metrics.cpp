// Searches the switches of a fabric from 64 sources at a time.
// Does not know what kind of fabric they form.

#include "topologies/metrics.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>

#include "topologies/paths.hpp"

namespace teapot {
namespace {

struct Ends {
  std::vector<int> switches;      ///< those with endpoints
  std::vector<double> endpoints;  ///< of each switch of the graph
};

Ends ends_of(const Fabric& fabric, const SwitchGraph& graph) {
  Ends ends;
  ends.endpoints.assign(static_cast<std::size_t>(graph.switches()), 0);
  for (const Port& port : fabric.ports) {
    if (fabric.link(port.cable.up).failed) continue;
    auto& count = ends.endpoints[static_cast<std::size_t>(graph.of_vertex(port.at))];
    if (count == 0) ends.switches.push_back(graph.of_vertex(port.at));
    count += 1;
  }
  std::sort(ends.switches.begin(), ends.switches.end());
  return ends;
}

/// Sums over ordered pairs of endpoints.
struct Distances {
  int diameter = 0;
  double pairs = 0;
  double hops = 0;
};

/// One bit a source: a switch has been seen by those whose bit is set.
void search(const SwitchGraph& graph, const Ends& ends, std::size_t first, Distances& sum) {
  const std::size_t count = std::min<std::size_t>(64, ends.switches.size() - first);
  std::vector<std::uint64_t> seen(static_cast<std::size_t>(graph.switches()), 0);
  for (std::size_t i = 0; i < count; ++i) seen[static_cast<std::size_t>(ends.switches[first + i])] |= 1ULL << i;
  std::vector<std::uint64_t> front = seen;
  for (int hops = 1; std::any_of(front.begin(), front.end(), [](auto bits) { return bits != 0; }); ++hops) {
    std::vector<std::uint64_t> next(front.size(), 0);
    for (int at = 0; at < graph.switches(); ++at) {
      const auto bits = front[static_cast<std::size_t>(at)];
      if (bits == 0) continue;
      for (const auto* to = graph.begin(at); to != graph.end(at); ++to) next[static_cast<std::size_t>(to->to)] |= bits;
    }
    for (const int at : ends.switches) {
      auto fresh = next[static_cast<std::size_t>(at)] & ~seen[static_cast<std::size_t>(at)];
      if (fresh == 0) continue;
      sum.diameter = std::max(sum.diameter, hops);
      double sources = 0;
      for (; fresh != 0; fresh &= fresh - 1)
        sources += ends.endpoints[static_cast<std::size_t>(
            ends.switches[first + static_cast<std::size_t>(std::countr_zero(fresh))])];
      sum.pairs += sources * ends.endpoints[static_cast<std::size_t>(at)];
      sum.hops += sources * ends.endpoints[static_cast<std::size_t>(at)] * hops;
    }
    for (std::size_t i = 0; i < front.size(); ++i) {
      front[i] = next[i] & ~seen[i];
      seen[i] |= next[i];
    }
  }
}

/// Mean number of shortest paths (in cables) from a switch to the others it reaches.
double paths_from(const SwitchGraph& graph, const Ends& ends, int source) {
  std::vector<int> distance(static_cast<std::size_t>(graph.switches()), -1);
  std::vector<double> paths(distance.size(), 0);
  std::vector<int> order{source};
  distance[static_cast<std::size_t>(source)] = 0;
  paths[static_cast<std::size_t>(source)] = 1;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto at = static_cast<std::size_t>(order[i]);
    for (const auto* to = graph.begin(order[i]); to != graph.end(order[i]); ++to) {
      const auto next = static_cast<std::size_t>(to->to);
      if (distance[next] < 0) {
        distance[next] = distance[at] + 1;
        order.push_back(to->to);
      }
      if (distance[next] == distance[at] + 1) paths[next] += paths[at] * to->links;
    }
  }
  double sum = 0, reached = 0;
  for (const int at : ends.switches) {
    if (at == source || distance[static_cast<std::size_t>(at)] < 0) continue;
    sum += paths[static_cast<std::size_t>(at)];
    reached += 1;
  }
  return reached > 0 ? sum / reached : 1;
}

void count_paths(const SwitchGraph& graph, const Ends& ends, Metrics& metrics) {
  constexpr std::size_t all_up_to = 2'500;
  constexpr std::size_t sample = 64;
  const bool all = ends.switches.size() <= all_up_to;
  const std::size_t count = all ? ends.switches.size() : sample;
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    sum += paths_from(graph, ends, ends.switches[i * ends.switches.size() / count]);
  metrics.minimal_paths = sum / static_cast<double>(count);
  metrics.sampled = all ? 0 : static_cast<int>(sample);
}

/// A port's own part of a route's latency.
Seconds ends_latency(const Fabric& fabric, const Port& port) {
  const Gpu& gpu = fabric.gpu[static_cast<std::size_t>(port.gpu)];
  return fabric.link(port.cable.up).latency + (gpu.bus.up >= 0 ? fabric.link(gpu.bus.up).latency : Seconds{});
}

void measure_latency(const Fabric& fabric, Metrics& metrics) {
  const Gpu& first = fabric.gpu.front();
  if (first.nvlink.up >= 0) {
    metrics.latency_nvlink = fabric.link(first.nvlink.up).latency + fabric.link(first.nvlink.down).latency;
    metrics.nvlink_bandwidth = fabric.link(first.nvlink.up).bandwidth;
  }
  if (fabric.ports.empty()) return;
  const Port& port = fabric.ports.front();
  Paths paths{fabric, RoutingPolicy{}};
  const int here = paths.graph().of_vertex(port.at);
  const auto distance = distances_to(paths.graph(), here);
  const Port* far = &port;
  for (const Port& other : fabric.ports) {
    const auto reach = [&](const Port& to) {
      return distance[static_cast<std::size_t>(paths.graph().of_vertex(to.at))];
    };
    if (other.plane == port.plane && reach(other) != unreachable && reach(other) > reach(*far)) far = &other;
  }
  metrics.latency_near = 2 * ends_latency(fabric, port);
  metrics.latency_far = ends_latency(fabric, port) + ends_latency(fabric, *far);
  const int there = paths.graph().of_vertex(far->at);
  paths.add_target(there);
  Route route;
  paths.append(here, there, port.endpoint, far->endpoint, 1, route);
  for (const Hop& hop : route) metrics.latency_far += fabric.link(hop.link).latency;
}

}  // namespace

BytesPerSecond cut_between_halves(const Fabric& fabric) {
  const SwitchGraph graph{fabric};
  // Which half a switch is in, by the mean place of its endpoints in its plane.
  std::vector<double> place(static_cast<std::size_t>(graph.switches()), 0);
  std::vector<double> count(place.size(), 0);
  std::map<int, int> endpoints;
  for (const Port& port : fabric.ports) endpoints[port.plane] = std::max(endpoints[port.plane], port.endpoint + 1);
  for (const Port& port : fabric.ports) {
    const auto at = static_cast<std::size_t>(graph.of_vertex(port.at));
    place[at] += (port.endpoint + 0.5) / endpoints[port.plane];
    count[at] += 1;
  }
  const auto first_half = [&](int at) {
    return place[static_cast<std::size_t>(at)] < 0.5 * count[static_cast<std::size_t>(at)];
  };
  BytesPerSecond sum;
  for (int at = 0; at < graph.switches(); ++at) {
    if (!first_half(at)) continue;
    for (const auto* to = graph.begin(at); to != graph.end(at); ++to) {
      if (first_half(to->to)) continue;
      for (int i = 0; i < to->links; ++i) sum += fabric.link(graph.link(to->first_link + i)).bandwidth;
    }
  }
  return sum;
}

Metrics metrics_of(const Fabric& fabric, const Figures& figures, const std::function<void(double)>& progress) {
  Metrics metrics;
  const SwitchGraph graph{fabric};
  const Ends ends = ends_of(fabric, graph);
  Distances sum;
  for (const int at : ends.switches) {
    const double here = ends.endpoints[static_cast<std::size_t>(at)];
    sum.pairs += here * (here - 1);
  }
  for (std::size_t i = 0; i < ends.switches.size(); i += 64) {
    search(graph, ends, i, sum);
    if (progress) progress(static_cast<double>(i) / static_cast<double>(ends.switches.size()));
  }
  metrics.diameter = sum.diameter;
  metrics.mean_path = sum.pairs > 0 ? sum.hops / sum.pairs : 0;
  if (!ends.switches.empty()) count_paths(graph, ends, metrics);
  const bool intact = std::none_of(fabric.links.begin(), fabric.links.end(), [](const auto& l) { return l.failed; });
  if (figures.bisection > BytesPerSecond{} && intact) {
    metrics.bisection = figures.bisection;
    metrics.bisection_basis = "exact";
  } else {
    metrics.bisection = cut_between_halves(fabric);
    metrics.bisection_basis = "upper bound: cut between the halves in endpoint order";
  }
  measure_latency(fabric, metrics);
  return metrics;
}

}  // namespace teapot

#pragma once
// Small networks made by hand for the tests of platform files. Know no fabric kind: each route is spelled out.

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sim/network.hpp"

namespace teapot::by_hand {

/// A network that grows cable by cable; routes are given as link names.
struct Sketch {
  Network network;
  std::map<std::string, int> nodes;
  std::map<std::string, int> links;
  std::map<std::pair<int, int>, Route> routes;

  explicit Sketch(const std::string& name) { network.name = name; }

  int node(const std::string& name, const std::string& role) {
    const auto [entry, added] = nodes.try_emplace(name, static_cast<int>(network.nodes.size()));
    if (added) network.nodes.push_back({name, role});
    return entry->second;
  }
  void gpu(const std::string& name, int domain) {
    network.gpus.push_back(node(name, "gpu"));
    network.domain.push_back(domain);
  }
  void link(const std::string& name, const std::string& tier, const std::string& from, const std::string& to,
            BytesPerSecond bandwidth, Seconds latency) {
    links[name] = static_cast<int>(network.links.size());
    network.links.push_back({name, tier, nodes.at(from), nodes.at(to), bandwidth, latency});
  }
  void cable(const std::string& name, const std::string& tier, const std::string& a, const std::string& b,
             BytesPerSecond bandwidth, Seconds latency) {
    link(name + "_UP", tier, a, b, bandwidth, latency);
    link(name + "_DOWN", tier, b, a, bandwidth, latency);
  }
  void route(int source, int destination, const std::vector<std::string>& names, double share = 1) {
    auto& hops = routes[{source, destination}];
    for (const auto& name : names) hops.push_back({links.at(name), share});
  }
  Network finish() {
    Network done = network;
    done.route = [all = routes](int s, int d) {
      const auto found = all.find({s, d});
      return found == all.end() ? Route{} : found->second;
    };
    return done;
  }
};

/// What a route is to a simulation: its links' names, bandwidths, latencies and shares, whatever their order.
using Crossing = std::tuple<std::string, double, double, double>;
inline std::set<Crossing> crossings(const Network& network, int source, int destination) {
  std::set<Crossing> set;
  for (const auto& hop : network.route(source, destination)) {
    const Link& link = network.links.at(static_cast<std::size_t>(hop.link));
    set.insert({link.name, link.bandwidth.value, link.latency.value, hop.share});
  }
  return set;
}

inline std::string text(int number) { return std::to_string(number); }

/// `gpus` GPUs on one switch.
inline Network star(int gpus) {
  using namespace literals;
  Sketch sketch{"star <&\"'>"};
  sketch.node("nvswitch-0", "nvswitch");
  for (int g = 0; g < gpus; ++g) {
    sketch.gpu("gpu-" + text(g), 0);
    sketch.cable("nvl-" + text(g), "nvlink", "gpu-" + text(g), "nvswitch-0", 900.0_GBps, 250.0_ns);
  }
  for (int s = 0; s < gpus; ++s) {
    for (int d = 0; d < gpus; ++d) {
      if (s != d) sketch.route(s, d, {"nvl-" + text(s) + "_UP", "nvl-" + text(d) + "_DOWN"});
    }
  }
  return sketch.finish();
}

/// Two leaves of `width` GPUs under `width` spines; the spine is the destination modulo `width`, all bandwidths differ.
inline Network two_leaves(int width, bool spread = false) {
  using namespace literals;
  Sketch sketch{"two-leaves"};
  for (int g = 0; g < 2 * width; ++g) sketch.gpu("gpu-" + text(g), g);
  for (int l = 0; l < 2; ++l) sketch.node("leaf-" + text(l), "leaf");
  for (int s = 0; s < width; ++s) sketch.node("spine-" + text(s), "spine");
  for (int g = 0; g < 2 * width; ++g) {
    sketch.cable("nic-" + text(g), "nic", "gpu-" + text(g), "leaf-" + text(g / width), 50.0_GBps, 1.0_us);
  }
  for (int l = 0; l < 2; ++l) {
    for (int s = 0; s < width; ++s) {
      sketch.cable("leaf-" + text(l) + "-" + text(s), "leaf", "leaf-" + text(l), "spine-" + text(s),
                   (40.0 + l + 2 * s) * 1.0_GBps, 0.1_us);
    }
  }
  for (int s = 0; s < 2 * width; ++s) {
    for (int d = 0; d < 2 * width; ++d) {
      if (s == d) continue;
      sketch.route(s, d, {"nic-" + text(s) + "_UP"});
      for (int spine = 0; spine < width && s / width != d / width; ++spine) {
        if (!spread && spine != d % width) continue;
        sketch.route(s, d,
                     {"leaf-" + text(s / width) + "-" + text(spine) + "_UP",
                      "leaf-" + text(d / width) + "-" + text(spine) + "_DOWN"},
                     spread ? 1.0 / width : 1.0);
      }
      sketch.route(s, d, {"nic-" + text(d) + "_DOWN"});
    }
  }
  return sketch.finish();
}

/// Two NVSwitch nodes of two GPUs, a plane for each GPU number; other planes are reached over NVLink at the source.
/// Each node has a CPU behind the PCIe switches.
inline Network pxn() {
  using namespace literals;
  Sketch sketch{"pxn"};
  for (int n = 0; n < 2; ++n) {
    for (int g = 0; g < 2; ++g) sketch.gpu("gpu-" + text(n) + "-" + text(g), n);
  }
  for (int p = 0; p < 2; ++p) sketch.node("leaf-" + text(p), "leaf");
  for (int n = 0; n < 2; ++n) {
    const std::string node = text(n);
    sketch.node("nvswitch-" + node, "nvswitch");
    sketch.node("cpu-" + node, "cpu");
    for (int g = 0; g < 2; ++g) {
      const std::string at = node + "-" + text(g);
      sketch.node("pcie-" + at, "pcie");
      sketch.cable("nvl-" + at, "nvlink", "gpu-" + at, "nvswitch-" + node, 200.0_GBps, 0.3_us);
      sketch.cable("pcie-" + at, "pcie", "gpu-" + at, "pcie-" + at, 64.0_GBps, 0.2_us);
      sketch.cable("nic-" + at, "nic", "pcie-" + at, "leaf-" + text(g), 50.0_GBps, 1.0_us);
      sketch.cable("hb-" + at, "host-bridge", "pcie-" + at, "cpu-" + node, 64.0_GBps, 0.3_us);
    }
  }
  for (int s = 0; s < 4; ++s) {
    for (int d = 0; d < 4; ++d) {
      if (s == d) continue;
      const std::string source = text(s / 2) + "-" + text(s % 2);
      const std::string destination = text(d / 2) + "-" + text(d % 2);
      if (s / 2 == d / 2) {
        sketch.route(s, d, {"nvl-" + source + "_UP", "nvl-" + destination + "_DOWN"});
        continue;
      }
      const std::string relay = text(s / 2) + "-" + text(d % 2);
      if (relay != source) sketch.route(s, d, {"nvl-" + source + "_UP", "nvl-" + relay + "_DOWN"});
      sketch.route(s, d,
                   {"pcie-" + relay + "_UP", "nic-" + relay + "_UP", "nic-" + destination + "_DOWN",
                    "pcie-" + destination + "_DOWN"});
    }
  }
  return sketch.finish();
}

}  // namespace teapot::by_hand

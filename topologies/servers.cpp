// Builds the inside of nodes and racks.
// Does not know how they are joined.

#include "topologies/servers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/limits.hpp"

namespace teapot {
namespace {

/// One node's parts, the same for all nodes.
struct Inside {
  int gpus = 1;
  bool networked = false;
  int nics_per_unit = 1;  ///< a unit is a PCIe switch with its GPUs and NICs
  int gpus_per_unit = 1;
  int ports_per_nic = 1;
  bool scale_up = false;
  bool pcie = false;
  bool host = false;
  bool host_on_scale_up = false;
  FabricLink nvlink, bus, bridge, memory;

  int units() const { return gpus / gpus_per_unit; }
  int ports_per_unit() const { return nics_per_unit * ports_per_nic; }
};

FabricLink read_link(const Config& config, const std::string& what, const std::string& tier, const About& about) {
  FabricLink link;
  link.tier = tier;
  link.bandwidth = config.positive<BytesPerSecond>(what + "_bandwidth", about);
  link.latency = config.non_negative_or<Seconds>(what + "_latency", Seconds{}, {"Of one such hop", "250 ns"});
  return link;
}

void read_nics(const Config& config, Inside& inside) {
  const About pcie{"From a GPU to the PCIe switch of its NIC, each direction", "63 GB/s"};
  inside.nics_per_unit = config.positive_or<int>("nics_per_gpu", 1, {"NICs that one GPU has to itself", "2"});
  inside.gpus_per_unit = config.positive_or<int>("gpus_per_nic", 1, {"GPUs that share a NIC over a PCIe switch", "2"});
  inside.ports_per_nic = config.positive_or<int>("ports_per_nic", 1, {"Ports of a NIC, each of nic_bandwidth", "4"});
  const double ports =
      static_cast<double>(inside.gpus) / inside.gpus_per_unit * inside.nics_per_unit * inside.ports_per_nic;
  limits::at_most(config, "gpus_per_nic", inside.gpus_per_unit, inside.gpus);
  limits::at_most(config, "nics_per_gpu", inside.nics_per_unit, limits::ports_of_node);
  limits::at_most(config, "ports_per_nic", inside.ports_per_nic, limits::ports_of_node);
  if (ports > limits::ports_of_node)
    config.fail(fmt::format("a node has {:.0f} NIC ports ({} at most)", ports, limits::ports_of_node));
  if (inside.gpus_per_unit > 1 && inside.nics_per_unit > 1)
    config.at("gpus_per_nic").fail("give either gpus_per_nic or nics_per_gpu, not both");
  if (inside.gpus % inside.gpus_per_unit != 0)
    config.at("gpus_per_nic").fail(fmt::format("must divide gpus_per_node ({})", inside.gpus));
  inside.pcie = config.has("pcie_bandwidth", pcie);
  if (inside.pcie) {
    inside.bus = read_link(config, "pcie", "pcie", pcie);
  } else if (inside.gpus_per_unit > 1) {
    config.at("gpus_per_nic").fail("GPUs that share a NIC need a PCIe switch (pcie_bandwidth)");
  }
}

void read_memory(const Config& config, Inside& inside) {
  const About memory{"Of the memory of a node's CPUs together, read or written", "614 GB/s",
                     "no limit of its own; the host's where a scenario names one"};
  if (config.has("host_memory_bandwidth", memory)) {
    if (!inside.host)
      config.at("host_memory_bandwidth").fail("a node without a CPU has no such memory (host_bridge_bandwidth)");
    inside.memory = read_link(config, "host_memory", "host-memory", memory);
  }
  const std::string at = config.choice_or("host_link", {"pcie", "scale-up"}, "pcie",
                                          {"Where the CPU is plugged in: the GPUs' PCIe switches, or the scale-up "
                                           "switch, by host_bridge_bandwidth for each GPU",
                                           "scale-up"});
  inside.host_on_scale_up = at == "scale-up";
  if (!inside.host_on_scale_up) return;
  if (!inside.host || !inside.scale_up)
    config.at("host_link")
        .fail("scale-up needs a CPU (host_bridge_bandwidth) and a scale-up switch of two GPUs or more");
  inside.bridge.bandwidth = inside.bridge.bandwidth * inside.gpus;
}

Inside read_inside(const Config& config, bool networked) {
  Inside inside;
  inside.gpus = config.positive_or<int>("gpus_per_node", 1,
                                        {"GPUs of a node or rack, joined by the scale-up switch", "8", "", "gpus"});
  inside.networked = networked;
  limits::at_most(config, "gpus_per_node", inside.gpus, limits::fabric_gpus);
  const About nvlink{"From a GPU to the scale-up switch of its node, each direction", "450 GB/s", "",
                     "scale_up_bandwidth"};
  if (config.has("nvlink_bandwidth", nvlink)) {
    inside.nvlink = read_link(config, "nvlink", "nvlink", nvlink);
    inside.scale_up = inside.gpus > 1;
  }
  const About bridge{"From the PCIe switch of a GPU to the CPU", "63 GB/s"};
  inside.host = config.has("host_bridge_bandwidth", bridge);
  if (inside.host) inside.bridge = read_link(config, "host_bridge", "host-bridge", bridge);
  read_memory(config, inside);
  if (networked) read_nics(config, inside);
  return inside;
}

void add_unit(Fabric& fabric, const Inside& inside, int node, int unit, Vertex cpu) {
  const int first = node * inside.gpus + unit * inside.gpus_per_unit;
  Vertex hub = fabric.gpu[static_cast<std::size_t>(first)].vertex;
  if (inside.pcie) {
    hub = fabric.add_node(fmt::format("pcie-{}-{}", node, unit), "pcie", node);
    for (int i = 0; i < inside.gpus_per_unit; ++i) {
      Gpu& gpu = fabric.gpu[static_cast<std::size_t>(first + i)];
      gpu.bus = fabric.add_cable(fmt::format("pcie-{}-{}", node, first - node * inside.gpus + i), gpu.vertex, hub,
                                 inside.bus);
    }
  }
  if (inside.host && !inside.host_on_scale_up) {
    const Cable bridge = fabric.add_cable(fmt::format("hb-{}-{}", node, unit), hub, cpu, inside.bridge);
    for (int i = 0; i < inside.gpus_per_unit; ++i) fabric.gpu[static_cast<std::size_t>(first + i)].bridge = bridge;
  }
  if (!inside.networked) return;
  for (int i = 0; i < inside.gpus_per_unit; ++i) {
    fabric.gpu[static_cast<std::size_t>(first + i)].first_port = static_cast<int>(fabric.ports.size());
    fabric.gpu[static_cast<std::size_t>(first + i)].ports = inside.ports_per_unit();
  }
  for (int i = 0; i < inside.ports_per_unit(); ++i) {
    Port port;
    port.node = node;
    port.gpu = first;
    port.gpus = inside.gpus_per_unit;
    port.hub = hub;
    fabric.ports.push_back(port);
  }
}

void add_host(Fabric& fabric, const Inside& inside, int node, Vertex cpu) {
  Host host;
  host.vertex = cpu;
  host.node = node;
  if (inside.host_on_scale_up) {
    const Gpu& gpu = fabric.gpu[static_cast<std::size_t>(node * inside.gpus)];
    host.scale_up = fabric.add_cable(fmt::format("hb-{}", node), cpu, fabric.link(gpu.nvlink.up).to, inside.bridge);
  }
  if (inside.memory.bandwidth > BytesPerSecond{}) {
    host.vertex = fabric.add_node(fmt::format("memory-{}", node), "memory", node);
    host.memory = fabric.add_cable(fmt::format("mem-{}", node), host.vertex, cpu, inside.memory);
  }
  fabric.hosts.push_back(host);
}

void add_server(Fabric& fabric, const Inside& inside, int node) {
  for (int i = 0; i < inside.gpus; ++i) {
    Gpu gpu;
    gpu.node = node;
    gpu.vertex = fabric.add_node(fmt::format("gpu-{}-{}", node, i), "gpu", node);
    fabric.gpu.push_back(gpu);
  }
  if (inside.scale_up) {
    const Vertex nvswitch = fabric.add_node(fmt::format("nvswitch-{}", node), "nvswitch", node);
    for (int i = 0; i < inside.gpus; ++i) {
      Gpu& gpu = fabric.gpu[static_cast<std::size_t>(node * inside.gpus + i)];
      gpu.nvlink = fabric.add_cable(fmt::format("nvl-{}-{}", node, i), gpu.vertex, nvswitch, inside.nvlink);
    }
  }
  const Vertex cpu = inside.host ? fabric.add_node(fmt::format("cpu-{}", node), "cpu", node) : Vertex{};
  for (int unit = 0; unit < inside.units(); ++unit) add_unit(fabric, inside, node, unit, cpu);
  if (inside.host) add_host(fabric, inside, node, cpu);
}

}  // namespace

FabricLink Site::cable(const std::string& tier) const {
  FabricLink link;
  link.tier = tier;
  link.bandwidth = link_bandwidth;
  link.latency = cable_latency + switch_latency;
  return link;
}

namespace {

bool over_pcie(const Config& config) {
  if (!config.has("technology")) return false;
  const Config value = config.at("technology");
  if (value.is_scalar()) return value.as<std::string>().starts_with("pcie");
  const auto items = value.items();
  return std::any_of(items.begin(), items.end(),
                     [](const Config& item) { return item.as<std::string>().starts_with("pcie"); });
}

}  // namespace

Site read_site(const Config& config, bool networked) {
  const Inside inside = read_inside(config, networked);
  Site site;
  site.nodes = config.positive<int>("nodes", {"Nodes or racks that are wired", "256", "", "servers hosts num_nodes"});
  site.gpus = inside.gpus;
  site.nvlink_bandwidth = inside.nvlink.bandwidth;
  site.over_pcie = over_pcie(config);
  if (static_cast<std::int64_t>(site.nodes) * inside.gpus > limits::fabric_gpus)
    config.at("nodes").fail("more than 2^20 GPUs");
  if (!networked) return site;
  site.ports = inside.units() * inside.ports_per_unit();
  if (site.endpoints() > limits::endpoints)
    config.at("nodes").fail(fmt::format("{} NIC ports ({} at most)", site.endpoints(), limits::endpoints));
  site.ports_per_nic = inside.ports_per_nic;
  site.nic_bandwidth = config.positive<BytesPerSecond>(
      "nic_bandwidth", {"Of one NIC port, each direction", "400 Gbps", "", "nic bandwidth nic_speed"});
  site.nic_latency =
      config.non_negative_or<Seconds>("nic_latency", Seconds{}, {"Of the adapter and its cable", "350 ns"});
  site.link_bandwidth =
      config.positive_or<BytesPerSecond>("link_bandwidth", site.nic_bandwidth,
                                         {"Of a cable between switches, each direction", "400 Gbps", "nic_bandwidth"});
  site.cable_latency =
      config.non_negative_or<Seconds>("cable_latency", Seconds{}, {"Of a cable between switches", "150 ns"});
  site.switch_latency =
      config.non_negative_or<Seconds>("switch_latency", Seconds{}, {"Of one switch, port to port", "300 ns"});
  constexpr Seconds per_metre{5e-9};  // light in fibre
  site.cable_m = config.positive_or<double>(
      "cable_m", std::max(1.0, site.cable_latency / per_metre),
      {"Length of a cable between switches, which decides what it costs", "30", "cable_latency / 5 ns, at least 1"});
  site.nic_cable_m =
      config.positive_or<double>("nic_cable_m", site.nic_cable_m, {"Length of a cable from a NIC to its switch", "3"});
  return site;
}

void add_servers(const Config& config, const Site& site, Fabric& fabric) {
  const Inside inside = read_inside(config, site.ports > 0);
  fabric.nodes = site.nodes;
  fabric.gpus_per_node = inside.gpus;
  for (int node = 0; node < site.nodes; ++node) add_server(fabric, inside, node);
}

void plug_in(const Site& site, Fabric& fabric) {
  FabricLink nic;
  nic.tier = "nic";
  nic.bandwidth = site.nic_bandwidth;
  nic.latency = site.nic_latency + site.switch_latency / 2;
  for (std::size_t i = 0; i < fabric.ports.size(); ++i) {
    Port& port = fabric.ports[i];
    const Gpu& gpu = fabric.gpu[static_cast<std::size_t>(port.gpu)];
    const int unit = (port.gpu - port.node * fabric.gpus_per_node) / port.gpus;
    const auto name = gpu.ports == 1
                          ? fmt::format("nic-{}-{}", port.node, unit)
                          : fmt::format("nic-{}-{}-{}", port.node, unit, static_cast<int>(i) - gpu.first_port);
    port.cable = fabric.add_cable(name, port.hub, port.at, nic);
  }
}

}  // namespace teapot

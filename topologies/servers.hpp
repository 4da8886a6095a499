#pragma once
// What stands in a node or rack: GPUs on their scale-up switch, PCIe switches, NICs and the CPU host.
// Knows nothing of the network between the nodes.

#include <cstdint>
#include <string>

#include "sim/config.hpp"
#include "topologies/fabric.hpp"

namespace teapot {

/// What the network between the nodes is built for.
struct Site {
  int nodes = 0;
  int gpus = 1;   ///< of each node
  int ports = 0;  ///< NIC ports of each node; 0: no network between nodes
  int ports_per_nic = 1;
  BytesPerSecond nvlink_bandwidth;  ///< of a GPU into its scale-up switch; 0: there is none
  bool over_pcie = false;           ///< what joins the GPUs of a node is its PCIe bus
  double cable_m = 1;               ///< length of a cable between switches
  double nic_cable_m = 3;           ///< length of a cable from a NIC to its switch
  BytesPerSecond nic_bandwidth;     ///< of one port
  Seconds nic_latency;              ///< of the NIC and its cable
  BytesPerSecond link_bandwidth;    ///< of a cable between switches
  Seconds cable_latency;            ///< of a cable between switches
  Seconds switch_latency;           ///< of one switch; each of its two links carries half of it

  std::int64_t endpoints() const { return std::int64_t{nodes} * ports; }
  /// A cable between switches.
  FabricLink cable(const std::string& tier) const;
};

/// Reads nodes, gpus_per_node, nvlink_bandwidth, nvlink_latency, host_bridge_bandwidth and host_bridge_latency, and
/// where the kind is `networked` also nics_per_gpu, gpus_per_nic, ports_per_nic, pcie_bandwidth, pcie_latency,
/// nic_bandwidth, nic_latency, link_bandwidth, cable_latency and switch_latency.
Site read_site(const Config& config, bool networked);

/// Adds the nodes; the NIC ports are there, not yet plugged in.
void add_servers(const Config& config, const Site& site, Fabric& fabric);

/// Cables of the NICs, once each port knows its switch.
void plug_in(const Site& site, Fabric& fabric);

}  // namespace teapot

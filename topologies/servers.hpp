#pragma once
// What stands in a node or rack: GPUs on their scale-up switch, PCIe switches, NICs and the CPU host.
// Knows nothing of the network between the nodes.

#include "sim/config.hpp"
#include "topologies/fabric.hpp"

namespace teapot {

/// What the network between the nodes is built for.
struct Site {
  int nodes = 0;
  int ports = 0;                  ///< NIC ports of each node
  BytesPerSecond nic_bandwidth;   ///< of one port
  BytesPerSecond link_bandwidth;  ///< of a cable between switches
  Seconds cable_latency;          ///< of a cable between switches
  Seconds switch_latency;         ///< of one switch; each of its two links carries half of it
};

/// Adds the nodes; the NIC ports are there, not yet plugged in. Reads nodes, gpus_per_node, nvlink_bandwidth,
/// nvlink_latency, host_bridge_bandwidth and host_bridge_latency, and where the kind is `networked` also
/// nics_per_gpu, gpus_per_nic, ports_per_nic, pcie_bandwidth, pcie_latency, nic_bandwidth, nic_latency,
/// link_bandwidth, cable_latency and switch_latency.
Site add_servers(const Config& config, Fabric& fabric, bool networked);

/// Cables of the NICs, once each port knows its switch.
void plug_in(const Config& config, const Site& site, Fabric& fabric);

}  // namespace teapot

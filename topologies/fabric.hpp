#pragma once
// The physical network as a directed graph: who is wired to whom, how fast, and which GPU owns which NIC port.
// Knows neither YAML nor any kind of fabric, and no graph library; it does not route.

#include <cstddef>
#include <string>
#include <vector>

#include "sim/network.hpp"
#include "sim/units.hpp"
#include "topologies/policy.hpp"

namespace teapot {

struct FabricNode {
  std::string name;
  std::string role;  ///< gpu, nvswitch, pcie, cpu, or what a switch is: leaf, spine, switch, ...
  int node = -1;     ///< the server or rack it stands in; -1 for a switch of the scale-out network
};

using Vertex = std::size_t;  ///< index into Fabric::vertices

/// One direction of a cable or bus.
struct FabricLink {
  std::string name;
  std::string tier;
  Vertex from = 0;
  Vertex to = 0;
  BytesPerSecond bandwidth;  ///< line rate
  Seconds latency;
  int cost = 1;         ///< what minimal routing counts it as
  int dimension = 0;    ///< static routing takes lower dimensions first
  bool failed = false;  ///< carries nothing
};

/// Indices of the two directions of a cable, in Fabric::links; -1: there is no cable.
struct Cable {
  int up = -1;
  int down = -1;
};

struct Gpu {
  Vertex vertex = 0;
  int node = 0;
  Cable nvlink;        ///< to the scale-up switch of its node
  Cable bus;           ///< to the PCIe switch of its NIC
  Cable bridge;        ///< from there to the CPU; none where the CPU stands in the scale-up domain
  int first_port = 0;  ///< its NIC ports, in Fabric::ports; GPUs that share a NIC share the ports
  int ports = 0;
};

/// A port of a NIC, and the switch port it is plugged into.
struct Port {
  int node = 0;
  int gpu = 0;       ///< the first GPU that owns it
  int gpus = 1;      ///< how many consecutive GPUs own it
  int plane = 0;     ///< the plane or rail it belongs to
  int endpoint = 0;  ///< its number within the plane, the destination address of static routing
  Vertex hub = 0;    ///< where its NIC sits: a PCIe switch, or the GPU itself
  Vertex at = 0;     ///< the switch
  Cable cable;
};

/// The CPUs of a node and their memory.
struct Host {
  Vertex vertex = 0;  ///< where its bytes lie: its memory where that has a bandwidth of its own, else the CPU
  int node = 0;
  Cable memory;    ///< from its memory to the CPU
  Cable scale_up;  ///< from the CPU to the scale-up switch
};

struct Fabric {
  std::string name;
  std::string kind;
  std::vector<FabricNode> vertices;
  std::vector<FabricLink> links;            ///< in the order they were added: the two directions of a cable together
  std::vector<std::vector<int>> links_out;  ///< by vertex: indices of the links that leave it
  std::vector<std::vector<int>> links_in;   ///< by vertex: of those that end at it
  std::vector<Gpu> gpu;
  std::vector<Port> ports;
  std::vector<Host> hosts;  ///< by node; none where nodes have no CPU
  int gpus_per_node = 1;
  int nodes = 0;
  int planes = 0;  ///< 0 where there is no scale-out network
  RoutingPolicy policy;
  Backlog backlog;                  ///< of the network between nodes
  Seconds nic_message_overhead;     ///< software's part in the latency of a small message; in no link's latency
  Seconds nvlink_message_overhead;  ///< the same over NVLink

  int gpus() const { return static_cast<int>(gpu.size()); }
  const FabricLink& link(int index) const { return links[static_cast<std::size_t>(index)]; }

  Vertex add_node(const std::string& node_name, const std::string& role, int node = -1);
  /// Both directions, `<cable>_UP` from `low` to `high` and `<cable>_DOWN` back; `like` gives everything but the name
  /// and the ends.
  Cable add_cable(const std::string& cable, Vertex low, Vertex high, const FabricLink& like);
};

}  // namespace teapot

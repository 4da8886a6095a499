#pragma once
// What stands beside the GPUs of a node: CPU sockets with their memory, and the links between them. Read from YAML.
// Knows no model and no network.

#include <functional>
#include <string>

#include "platforms/accelerator.hpp"
#include "sim/config.hpp"

namespace teapot {

struct HostPart {
  std::string name;
  Accelerator cpu;  ///< one socket
  int sockets = 1;
  int channels = 0;                 ///< of memory, a socket
  std::string type;                 ///< DDR5-4800: its transfers of 8 bytes a microsecond and channel
  BytesPerSecond socket_bandwidth;  ///< of one socket's memory: channels x transfers x 8 bytes
  Bytes socket_memory;
  BytesPerSecond cpu_link;     ///< between two sockets, each direction, all links together; zero with one socket
  BytesPerSecond gpu_link;     ///< to one GPU, each direction
  bool unified = false;        ///< the GPU has no memory of its own
  std::string numa = "local";  ///< local, interleaved or duplicated
  std::string source;
};

using ReadCpu = std::function<Accelerator(const Config& host)>;
/// `cpu` reads the accelerator that key `cpu` names. Throws ConfigError.
HostPart read_host_part(const Config& config, const ReadCpu& cpu);

/// Bytes a second from all sockets' memory to their cores. Interleaved pages come over the link between sockets but
/// for one in `sockets`: each socket reads 1/s of all bytes, of which (s - 1)/s from the others.
BytesPerSecond memory_bandwidth(const HostPart& host);
/// What a host holds: duplicated tensors take room on each socket.
Bytes capacity(const HostPart& host);
/// All sockets as one device, of which each of `sharing` GPUs has an equal part.
Accelerator cpus_of(const HostPart& host, int sharing);

}  // namespace teapot

// Reads hosts from YAML, and puts sockets together.
// Does not know what is computed.

#include "platforms/host.hpp"

#include <algorithm>
#include <charconv>

namespace teapot {
namespace {

/// Of one channel, 8 bytes wide: the number after the last dash, in millions of transfers a second.
BytesPerSecond channel_bandwidth(const Config& type) {
  const std::string text = type.as<std::string>();
  const auto dash = text.rfind('-');
  double transfers = 0;
  if (dash != std::string::npos) std::from_chars(text.data() + dash + 1, text.data() + text.size(), transfers);
  if (!(transfers >= 100 && transfers <= 1e6)) type.fail("expected a type with its transfers, such as DDR5-4800");
  return BytesPerSecond{transfers * 1e6 * 8};
}

}  // namespace

HostPart read_host_part(const Config& config, const ReadCpu& cpu) {
  HostPart host;
  host.name = config.get<std::string>("name", {"What reports call the host", "dual-xeon-6454s"});
  config.has("cpu", {"One socket: a file of platforms/accelerators", "xeon-6454s"});
  host.cpu = cpu(config);
  host.sockets = config.positive_or("sockets", 1, {"CPUs, each with memory of its own", "2"});
  const Config memory = config.section("memory", {"Of one socket", "{size: 512 GB, channels: 8, type: DDR5-4800}"});
  host.socket_memory = memory.positive<Bytes>("size", {"Of one socket", "512 GB"});
  host.channels = memory.positive<int>("channels", {"Of 64 bits each, a socket", "8"});
  const About type{"Kind and millions of transfers a second", "DDR5-4800"};
  host.type = memory.get<std::string>("type", type);
  host.socket_bandwidth = channel_bandwidth(memory.at("type")) * host.channels;
  host.cpu_link = config.non_negative_or("cpu_link_bandwidth", BytesPerSecond{},
                                         {"Between two sockets, each direction, all links together", "144 GB/s"});
  host.gpu_link = config.non_negative_or("gpu_link_bandwidth", BytesPerSecond{},
                                         {"To one GPU, each direction (PCIe, NVLink-C2C)", "63 GB/s"});
  host.unified = config.get_or<bool>("unified", false, {"CPU and GPU share one memory", "true"});
  host.source = config.get_or<std::string>("source", "", {"Where the figures come from", "Intel ARK"});
  if (host.sockets > 1 && !(host.cpu_link > BytesPerSecond{}))
    config.fail("several sockets need a link between them (cpu_link_bandwidth)");
  config.reject_unread_keys();
  return host;
}

BytesPerSecond memory_bandwidth(const HostPart& host) {
  const BytesPerSecond all = host.socket_bandwidth * host.sockets;
  if (host.numa != "interleaved" || host.sockets == 1) return all;
  const double s = host.sockets;
  return std::min(all, host.cpu_link * (s * s / (s - 1)));
}

Bytes capacity(const HostPart& host) { return host.socket_memory * (host.numa == "duplicated" ? 1 : host.sockets); }

Accelerator cpus_of(const HostPart& host, int sharing) {
  Accelerator cpu = host.cpu;
  const double part = static_cast<double>(host.sockets) / sharing;
  cpu.memory_bandwidth = memory_bandwidth(host) / sharing;
  cpu.sms = std::max(1, static_cast<int>(cpu.sms * part));
  for (auto& [precision, peak] : cpu.peak) peak = peak * part;
  return cpu;
}

}  // namespace teapot

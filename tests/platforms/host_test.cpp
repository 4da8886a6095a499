// Hosts: bandwidth from channels, sockets and pages; what they hold.

#include "platforms/host.hpp"

#include <doctest/doctest.h>

#include "sim/catalogue.hpp"

namespace {

using namespace teapot;

HostPart named(const std::string& name) {
  return read_host_part(Config{resolve_named(name, "platforms/hosts", "host")}, [](const Config& host) {
    return read_accelerator(Config{resolve_named(host.at("cpu"), "platforms/accelerators", "accelerator")});
  });
}

}  // namespace

TEST_CASE("host: a socket's bandwidth is channels times transfers times eight bytes") {
  const HostPart host = named("dual-xeon-6454s");
  CHECK(host.socket_bandwidth.value == doctest::Approx(8 * 4800e6 * 8).epsilon(1e-12));
  CHECK(memory_bandwidth(host).value == doctest::Approx(2 * 307.2e9).epsilon(1e-12));
}

TEST_CASE("host: interleaved pages come over the link between sockets, duplicated ones take room on each") {
  HostPart host = named("dual-xeon-6454s");
  CHECK(capacity(host) == Bytes{1024e9});
  host.numa = "interleaved";
  // Half of what each of two sockets reads is the other's: a quarter of all bytes each way.
  CHECK(memory_bandwidth(host).value == doctest::Approx(4 * 144e9).epsilon(1e-12));
  host.numa = "duplicated";
  CHECK(capacity(host) == Bytes{512e9});
}

TEST_CASE("host: GPUs that share a host have equal parts of its CPUs") {
  const HostPart host = named("dual-xeon-8480c");
  const Accelerator whole = cpus_of(host, 1);
  const Accelerator eighth = cpus_of(host, 8);
  CHECK(whole.memory_bandwidth.value == doctest::Approx(8 * eighth.memory_bandwidth.value));
  CHECK(whole.sms == 112);
  CHECK(eighth.sms == 14);
}

TEST_CASE("host: every file of the catalogue can be read") {
  for (const auto& name : names_in("platforms/hosts")) {
    CAPTURE(name);
    const HostPart host = named(name);
    CHECK(host.socket_bandwidth > BytesPerSecond{});
    CHECK_FALSE(host.source.empty());
  }
}

// Communication libraries: which kernel a call runs, and what it costs.

#include "platforms/communication.hpp"

#include <doctest/doctest.h>

#include "sim/catalogue.hpp"
#include "sim/costs.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

/// A library whose all-reduce is as given; the rest costs nothing.
CollectiveCosts library(const std::string& all_reduce, const ScaleUp& scale_up = {}) {
  std::string text = "{dispatch: {}, combine: {}, all-gather: {}, reduce-scatter: {}, broadcast: {}, send: {}, ";
  return read_communication(Config::parse(text + "all-reduce: " + all_reduce + "}"), scale_up);
}

constexpr const char* two_kernels = R"({library: test, algorithms: {
  small: {scope: domain, sends: whole, overhead: 2 us, per_rank: 0.5 us, wire: {nvlink: {efficiency: 0.5}}},
  large: {scope: domain, overhead: 10 us, wire: {nvlink: {efficiency: 0.8}}},
  far: {scope: network, overhead: 20 us}}})";

CollectiveCall call(Bytes bytes, int ranks, int domains = 1) { return {"all-reduce", bytes, {}, ranks, domains}; }

std::string complaint(const std::string& all_reduce) {
  try {
    library(all_reduce);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("communication: a call runs the kernel that is fastest at its size") {
  const CollectiveCosts costs = library(two_kernels, {100.0_GBps, 1});
  // 4 ranks, 2 + 0.5 * 3 us and 3 B / 50 GB/s a byte, against 10 us and 1.5 B / 80 GB/s: equal at 157.6 kB.
  const CollectiveCost small = costs(call(157.0_KB, 4));
  CHECK(small.library == "test small");
  CHECK(small.overhead.value == doctest::Approx(3.5e-6).epsilon(1e-12));
  CHECK(small.volume == doctest::Approx(2).epsilon(1e-12));  // 3 buffers, where the direct exchange sends 1.5
  const CollectiveCost large = costs(call(158.0_KB, 4));
  CHECK(large.library == "test large");
  CHECK(large.volume == doctest::Approx(1).epsilon(1e-12));
  CHECK(large.wire->tiers.at("nvlink").efficiency == 0.8);
}

TEST_CASE("communication: an accelerator's latency scales every floor, and moves the choice") {
  CHECK(library(two_kernels, {100.0_GBps, 2})(call(158.0_KB, 4)).overhead.value ==
        doctest::Approx(7e-6).epsilon(1e-12));
  CHECK(library("{overhead: 3 us}", {100.0_GBps, 1.5})(call(1.0_MB, 8)).overhead.value ==
        doctest::Approx(4.5e-6).epsilon(1e-12));
}

TEST_CASE("communication: what leaves a scale-up domain has kernels of its own") {
  const CollectiveCosts costs = library(two_kernels, {100.0_GBps, 1});
  CHECK(costs(call(1.0_KB, 16, 2)).library == "test far");
  CHECK(costs(call(1.0_KB, 16, 1)).library == "test small");
}

TEST_CASE("communication: of limits the slowest holds") {
  const CollectiveCosts costs =
      library("{limits: {floor: {overhead: 20 us}, copying: {overhead: 10 us, wire: {nvlink: {efficiency: 0.5}}}}}",
              {100.0_GBps, 1});
  // 2 ranks send what they have: 10 us and 1 / 50 GB/s, against 20 us and 1 / 100 GB/s: equal at 1 MB.
  CHECK(costs(call(0.9_MB, 2)).overhead == 20.0_us);
  CHECK(costs(call(1.1_MB, 2)).overhead == 10.0_us);
}

TEST_CASE("communication: tokens are loaded once, however many copies of them are sent") {
  const CollectiveCosts costs = library("{limits: {copying: {overhead: 10 us, loads: 200 GB/s}}}", {100.0_GBps, 1});
  CollectiveCall exchange = call(4.0_MB, 8);
  exchange.tokens = 1.0_MB;
  CHECK(costs(exchange).overhead.value == doctest::Approx(15e-6).epsilon(1e-12));
  exchange.bytes = 8.0_MB;
  CHECK(costs(exchange).overhead.value == doctest::Approx(15e-6).epsilon(1e-12));
}

TEST_CASE("communication: a list beside a single kernel, an unknown word and an unknown key are refused") {
  CHECK(complaint("{overhead: 1 us, algorithms: {a: {}}}").find("overhead: stands beside a list") != std::string::npos);
  CHECK(complaint("{algorithms: {a: {sends: twice}}}").find("sends") != std::string::npos);
  CHECK(complaint("{algorithms: {a: {overhed: 1 us}}}").find("overhed") != std::string::npos);
  CHECK(complaint("{algorithms: many}").find("algorithms") != std::string::npos);
  CHECK(complaint("{algorithms: none, overhead: 1 us}") == "none");
}

TEST_CASE("communication: a longer message never costs less, whatever the library") {
  for (const auto& name : names_in("platforms/communication")) {
    const Tree file = resolve_named(name, "platforms/communication", "communication library");
    const CollectiveCosts costs = read_communication(Config{file}, {450.0_GBps, 1});
    for (const auto& operation : collective_operations()) {
      for (const int ranks : {2, 4, 8, 16}) {
        Seconds before;
        for (double bytes = 256; bytes < 4e9; bytes *= 1.3) {
          const CollectiveCost cost = costs({operation, Bytes{bytes}, {}, ranks, 1});
          double efficiency = 1;
          if (cost.wire && cost.wire->tiers.contains("nvlink")) efficiency = cost.wire->tiers.at("nvlink").efficiency;
          const Bytes sent = cost.volume * direct_volume(operation, ranks) * Bytes{bytes};
          const Seconds time = cost.overhead + sent / (450.0_GBps * efficiency);
          CAPTURE(name);
          CAPTURE(operation);
          CHECK(time >= before);
          before = time;
        }
      }
    }
  }
}

TEST_CASE("communication: a call is read off its traffic") {
  Collective work;
  work.traffic = std::make_shared<const Traffic>(all_to_all(groups_of(8, 4), 0.5));
  work.bytes_per_copy = 1.0_MB;
  const CollectiveCall reduce = call_of("all-reduce", work, {0, 0, 1, 1, 2, 2, 3, 3});
  CHECK(reduce.ranks == 4);
  CHECK(reduce.domains == 2);
  CHECK(reduce.bytes.value == doctest::Approx(1e6).epsilon(1e-12));  // 1.5 MB sent, which is 2 * 3 / 4 of the buffer
  CHECK(call_of("dispatch", work, {}).bytes.value == doctest::Approx(1.5e6).epsilon(1e-12));
  charge(work, {"test", 3.0_us, 2, nullptr, 0.25, true});
  CHECK(work.bytes_per_copy == 2.0_MB);
  CHECK(work.overhead == 3.0_us);
}

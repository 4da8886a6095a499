// Accelerators: what every file must hold, and what a wrong one is told.

#include "platforms/accelerator.hpp"

#include <doctest/doctest.h>

#include "platforms/communication.hpp"
#include "platforms/kernels/kernels.hpp"
#include "platforms/runtime.hpp"
#include "sim/catalogue.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

Config named(const std::string& name, const std::string& folder) { return Config{resolve_named(name, folder, "file")}; }
Accelerator accelerator(const std::string& name) { return read_accelerator(named(name, "platforms/accelerators")); }

std::string complaint(Tree tree) {
  try {
    read_accelerator(Config{std::move(tree)});
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("accelerators: every file is read, and says where its figures come from") {
  const auto names = names_in("platforms/accelerators");
  CHECK(names.size() >= 4);
  for (const auto& name : names) {
    CAPTURE(name);
    const Accelerator one = accelerator(name);
    CHECK_FALSE(one.source.empty());
    CHECK(one.peak_of("fp8") >= one.peak_of("bf16"));
    CHECK_NOTHROW(read_communication(named(one.communication, "platforms/communication")));
  }
}

TEST_CASE("communication libraries: every file has all operations, efficiencies are physical") {
  for (const auto& name : names_in("platforms/communication")) {
    CAPTURE(name);
    const CollectiveCosts costs = read_communication(named(name, "platforms/communication"));
    for (const char* operation : {"dispatch", "combine", "all-reduce", "all-gather", "reduce-scatter", "send"}) {
      const CollectiveCost cost = costs(CollectiveCall{operation, 1.0_MB, {}, 8, 1});
      CHECK(cost.overhead >= 0.0_s);
      CHECK(cost.sm_share < 1);
      if (!cost.wire) continue;
      for (const auto& [tier, use] : cost.wire->tiers) {
        CAPTURE(tier);
        CHECK(use.efficiency > 0);
        CHECK(use.efficiency <= 1);
      }
    }
    CHECK_THROWS_AS(costs(CollectiveCall{"gossip", 1.0_MB, {}, 8, 1}), ConfigError);
  }
}

TEST_CASE("runtimes: every file is read, the ideal one costs nothing") {
  for (const auto& name : names_in("platforms/runtimes")) {
    CAPTURE(name);
    const RuntimeCost cost = read_runtime(named(name, "platforms/runtimes"));
    CHECK((name == "ideal") == cost.bound);
    if (cost.bound) CHECK(cost.all() == 0.0_s);
  }
}

TEST_CASE("accelerators: an unknown key, an efficiency of zero and a missing kind are refused by name") {
  Tree tree = resolve_named("h800", "platforms/accelerators", "accelerator");
  set_path(tree, "kernels.gemm.compute", parse_yaml("0", "t"));
  CHECK(complaint(tree).find("kernels.gemm.compute: must be above zero") != std::string::npos);
  tree = resolve_named("h800", "platforms/accelerators", "accelerator");
  set_path(tree, "memery", parse_yaml("1 GB", "t"));
  CHECK(complaint(tree).find("memery") != std::string::npos);
  tree = resolve_named("h800", "platforms/accelerators", "accelerator");
  set_path(tree, "kernels.gem", parse_yaml("{compute: 1, memory: 1}", "t"));
  CHECK(complaint(tree).find("did you mean \"gemm\"") != std::string::npos);
  tree = resolve_named("h800", "platforms/accelerators", "accelerator");
  for (auto& entry : tree.entries) {
    if (entry.key == "kernels") std::erase_if(entry.value.entries, [](const auto& e) { return e.key == "copy"; });
  }
  CHECK(complaint(tree).find("has no entry for copy") != std::string::npos);
}

TEST_CASE("accelerators: a precision that is missing runs in the next wider one") {
  Accelerator one;
  one.name = "test";
  one.peak = {{"bf16", 100.0_TFLOPS}, {"fp32", 10.0_TFLOPS}};
  CHECK(one.peak_of("fp4") == 100.0_TFLOPS);
  CHECK(one.peak_of("fp8") == 100.0_TFLOPS);
  CHECK(one.peak_of("tf32") == 10.0_TFLOPS);
  CHECK_THROWS_AS(one.peak_of("fp64"), ConfigError);
}

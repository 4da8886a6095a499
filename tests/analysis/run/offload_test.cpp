// Memory placement in whole runs: bytes that cross the host's links, who computes, priorities, what does not fit.

#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/scenario/known_keys.hpp"
#include "platforms/platform_file/platform_file.hpp"
#include "workloads/model/model.hpp"

namespace {

using namespace teapot;

Scenario scenario_of(const std::string& yaml) { return read_scenario(parse_yaml(yaml, "test"), "test"); }

/// Bytes that all links of a tier have carried.
double carried(const Scenario& s, const Run& run, const std::string& tier, const std::string& half) {
  double bytes = 0;
  for (std::size_t l = 0; l < s.network.links.size(); ++l) {
    const Link& link = s.network.links[l];
    if (link.tier == tier && link.name.ends_with(half)) bytes += run.timeline.links[l].bytes.value;
  }
  return bytes;
}

double busy(const Scenario& s, const Run& run, const std::string& name) {
  const Report r = report(s, run.program, run.timeline);
  const auto found =
      std::find_if(r.operators.begin(), r.operators.end(), [&](const OperatorTime& op) { return op.name == name; });
  return found == r.operators.end() ? 0 : found->busy.value;
}

Seconds step(const std::string& yaml) {
  const Scenario s = scenario_of(yaml);
  return run(s).timeline.step;
}

const std::string cluster = R"(
model: {from: deepseek-v3, layers: 8}
fabric: {from: h800-mpft, nodes: 4}
deployment: {gpus: 32, requests_per_gpu: 64, context_tokens: 4096}
decode: {routing: {load: balanced}}
)";

const std::string box = R"(
model: deepseek-v3
accelerator: rtx-4090
host: dual-xeon-6454s
deployment: {gpus: 1, concurrency: 1, context_tokens: 512}
decode: {runtime: ktransformers, precision: {weights: q4_k_m}}
)";

}  // namespace

TEST_CASE("offload: what the host's CPUs compute is their use, and not the GPU's") {
  const Scenario s =
      read_scenario(load_yaml(std::string{TEAPOT_HOME} + "/examples/deepseek-v3-one-box.yaml"), "one-box");
  const Run simulated = run(s);
  const Report r = report(s, simulated.program, simulated.timeline);
  const auto busy_s = [&](const char* name) {
    for (const OperatorTime& op : r.operators) {
      if (op.name == name) return op.busy.value;
    }
    return 0.0;
  };
  REQUIRE(r.resources.size() > 1);
  CHECK(r.resources[0].kind == "CPU");
  CHECK(r.resources[0].use == doctest::Approx(busy_s("experts-cpu") / r.step.value).epsilon(1e-9));
  CHECK(r.resources[1].kind == "compute");
  CHECK(r.resources[1].use < 0.5);  // the GPU waits for the experts
}

TEST_CASE("offload: every byte of the cache that lies on the host crosses its links once a step") {
  for (const std::string read : {"streamed", "prefetched", "pooled"}) {
    const Scenario s = scenario_of(cluster + "memory: {kv: {device: 0.75, host: 0.25, read: " + read + "}}\n");
    const Run r = run(s);
    // A quarter of 32 x 64 caches of 4,096 tokens, 8 layers of 576 numbers of two bytes.
    const double expected = 0.25 * 32 * 64 * 4096 * 8 * 576 * 2;
    CHECK(carried(s, r, "host-memory", "_UP") == doctest::Approx(expected).epsilon(1e-12));
    CHECK(carried(s, r, "host-bridge", "_DOWN") == doctest::Approx(expected).epsilon(1e-12));
    CHECK(busy(s, r, "kv-fetch") > 0);
  }
}

TEST_CASE("offload: queries go to the cache that the CPU attends to, and what they find comes back; no cache moves") {
  for (const double part : {0.25, 1.0}) {
    CAPTURE(part);
    const Scenario s = scenario_of(cluster + "memory: {kv: {host: " + std::to_string(part) + ", run: cpu}}\n");
    const Run r = run(s);
    // 32 x 64 tokens in 8 layers, 128 heads over rows of 512 + 64 numbers and the row itself, of two bytes.
    const double expected = 32 * 64 * 8 * (128 * 576 + 576) * 2.0;
    CHECK(carried(s, r, "host-bridge", "_UP") == doctest::Approx(expected).epsilon(1e-12));
    CHECK(carried(s, r, "host-bridge", "_DOWN") == doctest::Approx(expected).epsilon(1e-12));
    CHECK(busy(s, r, "kv-fetch") == 0);
    CHECK(busy(s, r, "attention-cpu") > 0);
    CHECK((busy(s, r, "attention") > 0) == (part < 1));
  }
  CHECK_THROWS_WITH_AS(scenario_of(cluster + "memory: {kv: {host: 0.5, run: cpu, read: pooled}}\n"),
                       "test:6:42: memory.kv.read: the CPU attends to what lies on the host (run: cpu): the GPU reads "
                       "none of it",
                       ConfigError);
}

TEST_CASE("offload: a CPU attends in proportion to its part of the cache, at the rate of its memory at most") {
  const auto attending = [](const std::string& part) {
    const Scenario s = scenario_of(cluster + "memory: {kv: {host: " + part + ", run: cpu}}\n");
    return busy(s, run(s), "attention-cpu");
  };
  const double half = attending("0.5");
  CHECK(attending("1") == doctest::Approx(2 * half).epsilon(0.05));
  // Of a node's memory of 2 x 8 channels of DDR5-4800, 614.4 GB/s, each of 8 GPUs has an eighth.
  CHECK(half > 0.5 * 64 * 4096 * 8 * 576 * 2.0 / (614.4e9 / 8));
}

TEST_CASE("offload: what is fetched a layer ahead hides behind computing, what is fetched when needed does not") {
  const std::string part = "memory: {kv: {device: 0.95, host: 0.05, read: ";
  const Seconds plain = step(cluster);
  const Seconds ahead = step(cluster + part + "prefetched}}\n");
  const Seconds late = step(cluster + part + "streamed}}\n");
  CHECK(ahead < late);
  CHECK(plain <= ahead);
}

TEST_CASE("offload: with strict priority tokens reach their experts as if no cache were fetched") {
  const std::string kv = "memory: {kv: {device: 0.5, host: 0.5}}\n";
  const auto exchange = [](const std::string& yaml) {
    const Scenario s = scenario_of(yaml);
    const Run r = run(s);
    return busy(s, r, "dispatch") + busy(s, r, "combine");
  };
  const double alone = exchange(cluster);
  const double shared = exchange(cluster + kv);
  const double first = exchange(cluster + kv + "traffic: {experts: {priority: high}}\n");
  CHECK(shared > 1.1 * alone);
  CHECK(first == doctest::Approx(alone).epsilon(0.02));
}

TEST_CASE("offload: experts on the CPU run beside the shared expert and send no weights over PCIe") {
  const Scenario s = scenario_of(box + "memory: {experts: {device: shared, host: routed, run: cpu}}\n");
  const Run r = run(s);
  CHECK(busy(s, r, "experts-cpu") > 0);
  CHECK(busy(s, r, "experts") == 0);
  // One token of 7,168 numbers of two bytes there and back in 58 layers.
  CHECK(carried(s, r, "host-bridge", "_UP") == doctest::Approx(58 * 7168 * 2).epsilon(1e-12));
  CHECK(carried(s, r, "host-bridge", "_DOWN") == doctest::Approx(58 * 7168 * 2).epsilon(1e-12));
  const double parts = busy(s, r, "shared-expert") + busy(s, r, "experts-cpu");
  const Report sums = report(s, r.program, r.timeline);
  double all = 0;
  for (const OperatorTime& op : sums.operators) all += op.busy.value;
  CHECK(r.timeline.step.value < all - std::min(busy(s, r, "shared-expert"), parts) / 2);
}

TEST_CASE("offload: duplicated tensors are read on every socket, interleaved ones over the link between") {
  const std::string experts = "memory: {experts: {device: shared, host: routed, run: cpu}, numa: ";
  const Seconds twice = step(box + experts + "duplicated}\n");
  const Seconds between = step(box + experts + "interleaved}\n");
  CHECK(twice < between);
}

TEST_CASE("offload: streamed weights bound a step by PCIe, and layers on the CPU by its memory") {
  const std::string llama = R"(
model: llama-3.1-70b
accelerator: rtx-4090
host: i9-13900k
deployment: {gpus: 1, concurrency: 1, context_tokens: 512}
decode: {runtime: llama.cpp, precision: {weights: q4_0}}
)";
  const Scenario s = scenario_of(llama + "memory: {weights: {device: 20 layers, host: rest, run: streamed}}\n");
  const Run streamed = run(s);
  const double bytes = carried(s, streamed, "host-bridge", "_DOWN");
  // Three quarters of the layers: 60 of 855.6 million parameters at 4.5 bits.
  CHECK(bytes == doctest::Approx(60 * 855638016.0 * 4.5 / 8).epsilon(1e-9));
  CHECK(streamed.timeline.step.value >= bytes / 31.5e9);
  const Seconds cpu = step(llama + "memory: {weights: {device: 20 layers, host: rest, run: cpu}}\n");
  const Seconds more = step(llama + "memory: {weights: {device: 40 layers, host: rest, run: cpu}}\n");
  CHECK(more < cpu);
}

TEST_CASE("offload: more neurons on the GPU never slow a split feed-forward down") {
  const std::string opt = R"(
model: opt-30b
accelerator: rtx-4090
host: i9-13900k
deployment: {gpus: 1, concurrency: 1, context_tokens: 128}
decode: {runtime: powerinfer, precision: {weights: q4_0}}
)";
  const auto with = [&](const std::string& hot, const std::string& activity) {
    return step(opt + "memory: {neurons: {hot: " + hot + ", activity: " + activity + "}}\n");
  };
  CHECK(with("0.1", "0.5") > with("0.05", "0.9"));  // what fires on the CPU binds
  CHECK(with("0.05", "0.9") > with("0.05", "0.95"));
}

TEST_CASE("offload: what does not fit on a host says by how much") {
  const std::string small = R"(
model: deepseek-v3
accelerator: rtx-4090
host: i9-13900k
deployment: {gpus: 1, concurrency: 1, context_tokens: 512}
decode: {precision: {weights: q4_k_m}}
memory: {experts: {device: shared, host: routed}}
)";
  try {
    scenario_of(small);
    FAIL("fits");
  } catch (const DoesNotFit& e) {
    const std::string what = e.what();
    CHECK(what.find("more than the 192 GB of i9-13900k") != std::string::npos);
    CHECK(what.find("weights 394.8 GB") != std::string::npos);  // 58 x 256 x 44.04 million x 4.83 bits
  }
}

TEST_CASE("offload: a run from the platform file, with its hosts, is the run from the YAML to the last digit") {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("teapot-hosts-" + std::to_string(getpid()) + ".xml")).string();
  const std::string all =
      "accelerator: h800\nmodel: {from: deepseek-v3, layers: 8}\nhost: dual-xeon-8480c\n"
      "deployment: {gpus: 16, requests_per_gpu: 16, context_tokens: 4096}\n";
  for (const std::string memory :
       {"kv: {host: 0.3, read: prefetched}", "kv: {host: 0.3, read: streamed}", "kv: {host: 0.3, read: pooled}",
        "kv: {host: 0.3, run: cpu}", "experts: {device: shared, host: routed, run: cpu}",
        "weights: {device: 4 layers, host: rest, run: streamed}"}) {
    CAPTURE(memory);
    const std::string text = all + "memory: {" + memory + "}\n";
    const Scenario written = scenario_of(text + "fabric: {from: h800-mpft, nodes: 2}\n");
    REQUIRE(written.network.passive.size() == 2);
    std::ofstream{file} << to_platform_xml(written.network);
    const Scenario read = scenario_of(text + "platform: " + file + "\n");
    CHECK(read.network.host == written.network.host);
    CHECK(run(read).timeline.step.value == run(written).timeline.step.value);
  }
  std::filesystem::remove(file);
}

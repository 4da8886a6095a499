// Steps of models whose layers mix tokens in every way there is.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/analysis/scenarios.hpp"
#include "workloads/layout/memory.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

/// H200 with 8 requests each, their memory set aside.
double tpot_ms(const std::string& model, int context, int gpus = 32) {
  const Scenario s = scenario(fmt::format(
      "model: {}\naccelerator: {{from: h200, memory: 10 TB}}\nfabric: {{from: h200-rail, nodes: 4}}\n"
      "deployment: {{gpus: {}, requests_per_gpu: 8, context_tokens: {}}}\ndecode: {{runtime: sglang-0.5}}\n",
      model, gpus, context));
  return result(s).tpot.value * 1e3;
}

std::string config(const std::string& name) { return project_file("tests/workloads/configs/" + name + ".json"); }

}  // namespace

TEST_CASE("mixers: DeepSeek-V3.2's TPOT at 65,536 tokens is within 25% of that at 4,096, and V3's is not") {
  CHECK(tpot_ms("deepseek-v3.2", 65536) < 1.25 * tpot_ms("deepseek-v3.2", 4096));
  CHECK(tpot_ms("deepseek-v3", 65536) > 1.25 * tpot_ms("deepseek-v3", 4096));
}

TEST_CASE("mixers: a model of each kind runs, and a longer context never makes it faster") {
  for (const char* name :
       {"nemotron-3-nano-30b-a3b", "qwen3-next-80b-a3b", "kimi-linear-48b-a3b", "minimax-m1", "longcat-flash", "step-3",
        "gpt-oss-20b", "lfm2-8b-a1b", "jamba-1.5-mini", "deepseek-v4-flash", "llama-4-scout", "falcon-h1-34b",
        "mamba2-2.7b", "hunyuan-a13b", "arctic", "mimo-v2-flash"}) {
    CAPTURE(name);
    const double at_1k = tpot_ms(config(name), 1024, 16);
    const double at_32k = tpot_ms(config(name), 32768, 16);
    CHECK(at_1k > 0);
    CHECK(at_32k >= at_1k);
  }
}

TEST_CASE("mixers: linear attention and state-space layers take as long whatever the context") {
  CHECK(tpot_ms(config("mamba2-2.7b"), 1024) ==
        doctest::Approx(tpot_ms(config("mamba2-2.7b"), 1'000'000)).epsilon(1e-12));
  // Of Qwen3-Next's 48 layers 12 read a cache of 2 KB a token: less growth than Qwen3's 94 of the same.
  const double linear = tpot_ms("qwen3-next-80b-a3b", 131072) - tpot_ms("qwen3-next-80b-a3b", 1024);
  const double full = tpot_ms("qwen3-235b-a22b", 131072) - tpot_ms("qwen3-235b-a22b", 1024);
  CHECK(linear < 0.25 * full);
}

TEST_CASE("mixers: states are kept beside the cache, once for each request") {
  const Scenario s =
      scenario(fmt::format("model: {}\naccelerator: h200\nfabric: {{from: h200-rail, nodes: 4}}\ndeployment: {{gpus: "
                           "32, requests_per_gpu: 8, "
                           "context_tokens: 1024}}\n",
                           config("mamba2-2.7b")));
  const Memory memory = memory_per_gpu(s.model, s.layout, s.load, s.execution.precision, false);
  // 64 layers of 80 heads x 64 x 128 numbers in FP32, and three tokens of 5120 + 2 x 128 channels in BF16.
  CHECK(memory.kv.value == doctest::Approx(8 * 64.0 * (80 * 64 * 128 * 4 + 3 * (5120 + 256) * 2)).epsilon(1e-12));
}

// Properties of TPOT over random scenarios: what physics says must go up, or down, does.
// The scenarios are drawn by rapidcheck, whose seed CTest fixes.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "tests/analysis/property.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

/// A deployment of one expert-parallel group on any fabric and accelerator, with memory enough for everything.
struct Drawn {
  std::string model, accelerator, fabric, overlap, load, compute, runtime;
  int gpus = 16;
  int requests = 32;
  int context = 2048;
  int drafts = 0;
  double acceptance = 0.5;
  double exponent = 0.5;
  int seed = 1;

  std::string yaml() const {
    return fmt::format(
        "model: {{from: {}, mtp_modules: 1}}\naccelerator: {{from: {}, memory: 100 TB}}\nfabric: {}\n"
        "deployment: {{gpus: {}, requests_per_gpu: {}, context_tokens: {}}}\n"
        "decode: {{overlap: {}, draft_tokens: {}, acceptance: {}, runtime: {}, routing: {}}}\n"
        "simulation: {{compute: {}, seed: {}}}\n",
        model, accelerator, fabric, gpus, requests, context, overlap, drafts, acceptance, runtime,
        load == "zipf" ? fmt::format("{{load: zipf, vary: fixed, exponent: {}}}", exponent) : "{load: " + load + "}",
        compute, seed);
  }
};

std::ostream& operator<<(std::ostream& out, const Drawn& drawn) { return out << drawn.yaml(); }

Drawn draw() {
  using rc::gen::element;
  Drawn d;
  d.model = *element<std::string>("deepseek-v3", "deepseek-v2", "kimi-k2", "qwen3-235b-a22b");
  d.accelerator = *element<std::string>("h800", "h100", "h200", "h20", "b200", "gb200", "mi300x", "ascend-910c");
  d.fabric = *element<std::string>("h800-mpft", "h800-mrft", "h800-ft3", "h100-rail", "gb200-nvl72", "rail-only",
                                   "dragonfly", "torus-3d");
  d.overlap = *element<std::string>("none", "dual-micro-batch");
  d.load = *element<std::string>("balanced", "uniform", "zipf");
  d.compute = *element<std::string>("modelled", "measured");
  d.runtime = *element<std::string>("ideal", "deepseek", "sglang-0.5", "vllm");
  d.gpus = *element(8, 16, 32);
  d.requests = 8 * *rc::gen::inRange(1, 17);
  d.context = 256 * *rc::gen::inRange(1, 65);
  d.drafts = *rc::gen::inRange(0, 2);
  d.exponent = 0.1 * *rc::gen::inRange(0, 10);
  d.seed = *rc::gen::inRange(1, 1000);
  return d;
}

double tpot_ms(const Drawn& d, const std::vector<std::string>& sets = {}) {
  return result(scenario(d.yaml(), sets)).tpot.value * 1e3;
}

/// Of one call on one GPU.
double longest_ms(const Report& report, const std::string& name) {
  for (const auto& op : report.operators) {
    if (op.name == name) return op.longest.value * 1e3;
  }
  return 0;
}

/// Rounding: sums of the same terms in another order.
bool at_least(double a, double b) { return a >= b * (1 - 1e-9); }

}  // namespace

TEST_CASE("tpot: over random scenarios, twice the requests or the context never end sooner") {
  testing::check("twice the requests", [] {
    const Drawn d = draw();
    Drawn more = d;
    more.requests *= 2;
    RC_LOG() << d;
    RC_ASSERT(at_least(tpot_ms(more), tpot_ms(d)));
  });
  testing::check("half as much context again", [] {
    const Drawn d = draw();
    Drawn more = d;
    more.context += d.context / 2;
    RC_LOG() << d;
    RC_ASSERT(at_least(tpot_ms(more), tpot_ms(d)));
  });
}

TEST_CASE("tpot: over random scenarios, a draft that is never accepted costs, and one that is more often gains") {
  testing::check("a draft that is never accepted", [] {
    Drawn d = draw();
    d.drafts = 0;
    d.acceptance = 0;
    Drawn more = d;
    more.drafts = 1;
    RC_LOG() << d;
    RC_ASSERT(at_least(tpot_ms(more), tpot_ms(d)));
  });
  testing::check("accepted more often", [] {
    Drawn d = draw();
    d.drafts = 1;
    Drawn more = d;
    more.acceptance = 0.9;
    RC_LOG() << d;
    RC_ASSERT(tpot_ms(more) < tpot_ms(d));
  });
}

TEST_CASE("tpot: over random scenarios, skew costs where every expert has work") {
  // With a few tokens for each expert it may gain: experts that nobody chose need not be read.
  const auto many_tokens = [] {
    Drawn d = draw();
    d.gpus = *rc::gen::element(16, 32);
    d.requests = 128 + 8 * *rc::gen::inRange(0, 9);
    return d;
  };
  testing::check("a larger exponent: the slowest GPU's experts", [&] {
    Drawn d = many_tokens();
    d.load = "zipf";
    d.exponent = 0.1 * *rc::gen::inRange(0, 6);
    Drawn more = d;
    more.exponent += 0.3;
    RC_LOG() << d;
    const Report before = result(scenario(d.yaml()));
    const Report after = result(scenario(more.yaml()));
    RC_ASSERT(at_least(longest_ms(after, "experts"), longest_ms(before, "experts")));
    // Work comes in whole tiles, and who has less of it sends earlier, which relieves the wires: a little skew may gain
    // a little where the slowest GPU is no slower.
    RC_ASSERT(after.tpot >= 0.97 * before.tpot);
  });
  testing::check("a much larger exponent", [&] {
    Drawn d = many_tokens();
    d.load = "zipf";
    d.exponent = 0;
    RC_PRE(d.fabric != "torus-3d");  // where popular experts may lie near to all
    Drawn more = d;
    more.exponent = 1.2;
    RC_LOG() << d;
    RC_ASSERT(tpot_ms(more) > tpot_ms(d));
  });
  testing::check("uniform routing against balanced", [&] {
    Drawn d = many_tokens();
    d.load = "balanced";
    Drawn sampled = d;
    sampled.load = "uniform";
    RC_LOG() << d;
    const Report before = result(scenario(d.yaml()));
    const Report after = result(scenario(sampled.yaml()));
    RC_ASSERT(at_least(longest_ms(after, "experts"), longest_ms(before, "experts")));
    RC_ASSERT(after.tpot >= 0.97 * before.tpot);  // whole tiles, as above: a GPU with fewer tokens may save one
  });
}

TEST_CASE("tpot: over random scenarios, a faster network or memory never loses") {
  testing::check("NICs", [] {
    const Drawn d = draw();
    RC_PRE(d.fabric != "gb200-nvl72");
    RC_LOG() << d;
    const std::vector<std::string> fabric{"fabric={from: " + d.fabric + ", nic_bandwidth: 400 Gbps}"};
    const std::vector<std::string> faster{"fabric={from: " + d.fabric + ", nic_bandwidth: 800 Gbps}"};
    RC_ASSERT(at_least(tpot_ms(d, fabric), tpot_ms(d, faster)));
  });
  testing::check("memory", [] {
    Drawn d = draw();
    d.compute = "modelled";  // measured kernels are those of the memory there was
    RC_LOG() << d;
    RC_ASSERT(at_least(tpot_ms(d, {"accelerator.memory_bandwidth=2 TB/s"}),
                       tpot_ms(d, {"accelerator.memory_bandwidth=4 TB/s"})));
  });
}

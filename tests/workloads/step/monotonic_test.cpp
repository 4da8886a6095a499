// Steps simulated on a small network: more work never ends sooner, and the slowest GPU makes the others wait.

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "sim/engine.hpp"
#include "sim/random.hpp"
#include "tests/workloads/steps.hpp"

using namespace teapot;

namespace {

constexpr int gpus = 8;

/// Every GPU with one link to a switch and one back, 10 GB/s each.
Network star() {
  Network n;
  n.name = "star";
  n.nodes.push_back({"switch", "switch"});
  for (int gpu = 0; gpu < gpus; ++gpu) {
    const std::string name = "gpu" + std::to_string(gpu);
    n.nodes.push_back({name, "gpu"});
    n.gpus.push_back(gpu + 1);
    n.domain.push_back(gpu);
    n.links.push_back({name + "_UP", "nic", gpu + 1, 0, BytesPerSecond{10e9}, Seconds{1e-6}});
    n.links.push_back({name + "_DOWN", "nic", 0, gpu + 1, BytesPerSecond{10e9}, Seconds{1e-6}});
  }
  n.route = [](int from, int to) { return from == to ? Route{} : Route{{2 * from, 1}, {2 * to + 1, 1}}; };
  return n;
}

/// DeepSeek-V3 cut down to eight layers and 64 experts, so that a step takes a moment to simulate.
Model small() {
  return read_model(Config::parse(R"(
name: small
hidden: 2048
vocabulary: 32000
layers: 8
dense_layers: 1
intermediate: 4096
attention: {kind: mla, heads: 32, q_rank: 512, kv_rank: 512, nope_dim: 128, rope_dim: 64, value_dim: 128}
experts: {routed: 64, top_k: 8, shared: 1, intermediate: 1024}
mtp_modules: 1
weights: fp8
)"));
}

struct Knobs {
  int requests = 32;
  double context = 2048;
  int drafts = 0;
  double exponent = 0;  // of a Zipf skew
  std::string overlap = "dual-micro-batch";
};

Timeline simulated(const Knobs& k, Program* kept = nullptr) {
  const Step step{small(),
                  "{gpus: 8, requests_per_gpu: " + std::to_string(k.requests) +
                      ", context_tokens: " + std::to_string(k.context) + "}",
                  "{overlap: " + k.overlap + ", draft_tokens: " + std::to_string(k.drafts) +
                      ", routing: {load: zipf, vary: fixed, exponent: " + std::to_string(k.exponent) + "}}"};
  const Network network = star();
  Machine machine;
  machine.devices = TimeKernel{[](const Kernel& kernel) {
    const Seconds work = std::max(kernel.flops / FlopsPerSecond{4e14}, kernel.bytes / BytesPerSecond{2e12});
    return KernelTime{work + Seconds{2e-6}, Provenance::modelled};
  }};
  machine.collective = [](const CollectiveCall&) { return CollectiveCost{}; };
  machine.domain = network.domain;
  Program program = step.program(machine);
  Timeline timeline = simulate(program, network);
  if (kept != nullptr) *kept = std::move(program);
  return timeline;
}

double step(const Knobs& k) { return simulated(k).step.value; }

}  // namespace

TEST_CASE("step: more requests, longer contexts and more drafts never end sooner, whatever the rest") {
  Random random{2026};
  for (int trial = 0; trial < 4; ++trial) {
    Knobs k;
    k.requests = 8 * static_cast<int>(1 + random.below(8));
    k.context = 512.0 * (1 + random.below(16));
    k.drafts = static_cast<int>(random.below(2));
    k.exponent = 0.25 * random.below(4);
    k.overlap = random.below(2) == 0 ? "none" : "dual-micro-batch";
    CAPTURE(k.requests);
    CAPTURE(k.context);
    CAPTURE(k.overlap);
    const double base = step(k);
    Knobs more = k;
    more.requests *= 2;
    CHECK(step(more) > base);
    more = k;
    more.context *= 2;
    CHECK(step(more) > base);
    more = k;
    more.drafts += 1;
    CHECK(step(more) > base);
  }
}

TEST_CASE("step: a single batch that computes while it sends never ends later than one that does not") {
  for (const int requests : {4, 16, 64}) {
    Knobs k;
    k.requests = requests;
    k.overlap = "none";
    const double serial = step(k);
    k.overlap = "single-batch";
    CAPTURE(requests);
    CHECK(step(k) < serial);
    CHECK(step(k) > serial / 2);  // each of two streams is at most all of it
  }
}

TEST_CASE("step: more skew never ends sooner") {
  double before = 0;
  for (const double exponent : {0.0, 0.5, 1.0}) {
    Knobs k;
    k.exponent = exponent;
    k.overlap = "none";
    const double now = step(k);
    CHECK(now > before);
    before = now;
  }
}

TEST_CASE("step: the combine of a layer begins when the most loaded GPU has computed its experts") {
  Knobs k;
  k.exponent = 0.8;
  k.overlap = "none";
  Program program;
  const Timeline timeline = simulated(k, &program);
  for (int i = 0; i < static_cast<int>(program.operators.size()); ++i) {
    const Operator& op = program.operators[static_cast<std::size_t>(i)];
    if (op.name != "experts") continue;
    const Compute& work = std::get<Compute>(op.work);
    REQUIRE(work.duration.size() == gpus);
    double longest = 0;
    double ends = 0;
    double begins = 1e9;
    for (int gpu = 0; gpu < gpus; ++gpu) {
      longest = std::max(longest, work.on(gpu).value);
      begins = std::min(begins, timeline.start(i, gpu).value);
      ends = std::max(ends, timeline.end(i, gpu).value);
    }
    CHECK(ends - begins >= longest * (1 - 1e-9));
    // Whoever gets something back from the most loaded GPU has it only after that.
    double combined = 0;
    for (int gpu = 0; gpu < gpus; ++gpu) combined = std::max(combined, timeline.end(i + 1, gpu).value);
    CHECK(program.operators[static_cast<std::size_t>(i + 1)].name == "combine");
    CHECK(combined > ends);
  }
}

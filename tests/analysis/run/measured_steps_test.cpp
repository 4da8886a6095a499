// Bands from measured steps: likeness, spread, and what they cover of what they have not seen.

#include "analysis/run/measured_steps.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "analysis/validation/left_out.hpp"

using namespace teapot;

namespace {

StepTraits traits(const std::string& engine, double requests) {
  StepTraits t;
  t.engine = engine;
  t.model = "m";
  t.kind = "grouped dense";
  t.gpu = "g";
  t.memory_bandwidth = 1e12;
  t.layout = "tp";
  t.requests_per_gpu = requests;
  return t;
}

}  // namespace

TEST_CASE("measured steps: a step is like itself, and the less the more differs") {
  const StepTraits a = traits("vllm", 4);
  CHECK(likeness(a, a) == doctest::Approx(1).epsilon(1e-12));
  CHECK(likeness(a, traits("vllm", 8)) < 1);
  CHECK(likeness(a, traits("vllm", 8)) > likeness(a, traits("vllm", 64)));
  CHECK(likeness(a, traits("sglang", 4)) < likeness(a, traits("vllm", 8)));
  CHECK(likeness(a, traits("sglang", 8)) == doctest::Approx(likeness(traits("sglang", 8), a)).epsilon(1e-12));
}

TEST_CASE("measured steps: the prediction is inside its band, which is wider where nothing alike was measured") {
  std::vector<MeasuredStep> measured;
  for (int i = 0; i < 40; ++i) measured.push_back({traits("vllm", 4), 0.9 + 0.005 * i, 1.5});
  const Factors near = spread(traits("vllm", 4), measured);
  const Factors far = spread(traits("other", 400), measured);
  CHECK(near.low <= 1);
  CHECK(near.high >= 1);
  CHECK(far.low < near.low);
  CHECK(far.high > near.high);
  CHECK(above_bound(traits("vllm", 4), measured) >= 1.5 * (1 - 1e-12));
}

TEST_CASE("measured steps: no band where nothing was measured") {
  const Factors none = spread(traits("vllm", 4), {});
  CHECK(none.low == 1);
  CHECK(none.high == 1);
}

TEST_CASE("published: bands hold about nine of ten steps of models and accelerators they have not seen") {
  const auto& steps = measured_steps();
  CHECK(steps.size() > 200);
  for (const auto trait : {&StepTraits::model, &StepTraits::gpu, &StepTraits::engine}) {
    const double covered = left_out_coverage(steps, trait);
    CHECK(covered >= 0.85);
    CHECK(covered <= 0.95);
  }
}

TEST_CASE("published: at most one measured step in twenty is quicker than its lower bound") {
  int below = 0;
  for (const auto& step : measured_steps()) below += step.over_bound < 1 ? 1 : 0;
  CHECK(below * 20 <= static_cast<int>(measured_steps().size()));
}

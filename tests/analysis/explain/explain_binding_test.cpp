// The binding resource: the same as the whole what-if finds, in fewer simulations.

#include <doctest/doctest.h>

#include "analysis/explain/binding.hpp"
#include "analysis/explain/explanation.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;
using namespace teapot::testing;

TEST_CASE("binding: is what --explain=what-if puts first, with the same gain") {
  const char* scenarios[] = {
      "{model: deepseek-v2-lite, accelerator: h100, fabric: {from: h800-mpft, nodes: 2}, deployment: {gpus: 16, "
      "requests_per_gpu: 32, context_tokens: 1024}}",
      "{model: deepseek-v2-lite, accelerator: h100, fabric: {from: h800-mpft, nodes: 2, nic_bandwidth: 10 Gbps}, "
      "deployment: {gpus: 16, requests_per_gpu: 64, context_tokens: 512}}",
      "{model: llama-3.1-8b, accelerator: h100, fabric: {from: h800-mpft, nodes: 1}, deployment: {gpus: 8, "
      "tensor_parallel: 8, requests_per_gpu: 4}, decode: {communication: nccl}}"};
  for (const char* yaml : scenarios) {
    CAPTURE(yaml);
    const Scenario s = scenario(yaml);
    const Run r = run(s);
    const auto found = find_binding(s, r, report(s, r.program, r.timeline));
    const Explanation why = explain(s, r, {});
    const WhatIf* first = binding(why.what_if);
    REQUIRE(first != nullptr);
    REQUIRE(found);
    CHECK(found->gain == doctest::Approx(first->gain).epsilon(1e-6));
    CHECK(found->resource == first->resource.name);
  }
}

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
      "tensor_parallel: 8, requests_per_gpu: 4}, decode: {communication: nccl}}",
      // Every layer waits for another NIC: none is in use for long, and yet they bind.
      "{model: deepseek-v2-lite, accelerator: h100, fabric: {from: h800-mpft, nodes: 4}, deployment: {gpus: 32, "
      "requests_per_gpu: 64, context_tokens: 512}, decode: {overlap: none, routing: {load: zipf}}}"};
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

TEST_CASE("binding: what is simulated again with the tokens of before is what would have been drawn anew") {
  const Scenario s = scenario(
      "{model: deepseek-v2-lite, accelerator: h100, fabric: {from: h800-mpft, nodes: 2}, deployment: {gpus: 16, "
      "requests_per_gpu: 32, context_tokens: 1024}, decode: {draft_tokens: 0, routing: {load: uniform}}}");
  const Run before = run(s);
  for (const char* resource : {"memory", "nic", "launches"}) {
    CAPTURE(resource);
    const Scenario raised = faster(s, resource, usual_raise);
    const Run again = run_again(raised, before);
    CHECK(again.timeline.end_s == run(raised).timeline.end_s);
    const auto traffic = [](const Run& r) {
      std::vector<const Traffic*> all;
      for (const Operator& op : r.program.operators) {
        const auto* collective = std::get_if<Collective>(&op.work);
        if (collective != nullptr && op.name == "dispatch") all.push_back(collective->traffic.get());
      }
      return all;
    };
    CHECK(traffic(again) == traffic(before));
  }
}

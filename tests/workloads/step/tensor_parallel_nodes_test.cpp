// Tensor parallelism across nodes: what crosses NICs and what stays on NVLink.

#include <doctest/doctest.h>

#include <vector>

#include "workloads/step/stages/stages.hpp"

namespace teapot {
namespace {

/// All-reduce of 8 tokens among 16 GPUs, `per_domain` of them in each scale-up domain.
Traffic all_reduce(int per_domain) {
  Model model;
  model.hidden = 4096;
  Layout layout;
  layout.gpus = layout.tensor_parallel = 16;
  const Execution execution;
  std::vector<int> domain;
  for (int gpu = 0; gpu < 16; ++gpu) domain.push_back(gpu / per_domain);
  const Stage stage = tensor_parallel_stage({model, layout, execution}, "all-reduce", Slot::mix, 2);
  return stage.exchange->pattern(layout, stage.exchange->parts, {8}, domain, -1);
}

}  // namespace

TEST_CASE("tensor parallel: within a node each GPU sends a part to each other one") {
  const Traffic traffic = all_reduce(16);
  CHECK(traffic.receivers(0) == 15);
  CHECK(traffic.copies(0, 9) == doctest::Approx(2 * 8 / 16.0));
}

TEST_CASE("tensor parallel: across nodes a NIC carries one part of its node's share, whatever the node's GPUs") {
  const Traffic traffic = all_reduce(8);
  // To its seven mates 2 x 8 tokens / 8 each; to its place in the other node 2 x 8 / 16, where direct pairs sent eight
  // times that.
  CHECK(traffic.receivers(3) == 8);
  CHECK(traffic.copies(3, 4) == doctest::Approx(2.0));
  CHECK(traffic.copies(3, 11) == doctest::Approx(1.0));
  CHECK(traffic.copies(3, 12) == 0);
  // In all as much as direct pairs: 2 x 8 tokens x 15 / 16.
  CHECK(traffic.total() / 16 == doctest::Approx(15.0));
}

TEST_CASE("tensor parallel: GPUs each in a domain of their own send directly") {
  CHECK(all_reduce(1).receivers(0) == 15);
}

}  // namespace teapot

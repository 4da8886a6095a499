// Deployment: what divides and what does not.

#include "workloads/layout/layout.hpp"

#include <doctest/doctest.h>

#include "sim/catalogue.hpp"

using namespace teapot;

namespace {

Model deepseek_v3() { return read_model(Config{resolve_named("deepseek-v3", "workloads/models", "model")}); }
Layout read(const char* text) { return read_layout(Config::parse(text, "s.yaml"), deepseek_v3()); }

}  // namespace

TEST_CASE("deployment: expert parallelism defaults to the GPUs divided by tensor parallelism") {
  CHECK(read("{gpus: 64}").expert_parallel == 64);
  const Layout split = read("{gpus: 64, tensor_parallel: 4}");
  CHECK(split.expert_parallel == 16);
  CHECK(split.expert_tensor_parallel == 4);
}

TEST_CASE("deployment: EP smaller and larger than a node, several experts per GPU and several EP groups are fine") {
  CHECK(read("{gpus: 4}").experts_per_rank(deepseek_v3()) == 64);
  CHECK(read("{gpus: 320, redundant_experts: 64}").experts_per_rank(deepseek_v3()) == 1);
  CHECK(read("{gpus: 72, redundant_experts: 32}").experts_per_rank(deepseek_v3()) == 4);
  CHECK(read("{gpus: 256, expert_parallel: 64}").expert_groups() == 4);
  const Layout report = read("{gpus: 320, tensor_parallel: 4, expert_parallel: 320, redundant_experts: 64}");
  CHECK(report.expert_tensor_parallel == 1);
}

TEST_CASE("deployment: what does not divide is an error at its place that says what would") {
  CHECK_THROWS_WITH_AS(read("{gpus: 72}"),
                       "s.yaml:1:1: 256 experts and 0 redundant ones do not divide over 72 ranks (redundant_experts: "
                       "32 would)",
                       ConfigError);
  CHECK_THROWS_WITH_AS(read("{gpus: 128, expert_parallel: 72}"),
                       "s.yaml:1:30: expert_parallel: 128 GPUs do not divide into groups of 72 (expert_parallel 72 x "
                       "expert_tensor_parallel 1)",
                       ConfigError);
  CHECK_THROWS_WITH_AS(read("{gpus: 128, tensor_parallel: 3}"),
                       "s.yaml:1:30: tensor_parallel: must divide the 128 GPUs, got 3", ConfigError);
}

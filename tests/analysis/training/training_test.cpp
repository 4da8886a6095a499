// Training steps end to end: sums, errors of the user, and the published step.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "analysis/sweep/sensitivity.hpp"
#include "analysis/training/pipeline_trace.hpp"
#include "analysis/training/training_page.hpp"
#include "analysis/training/training_report.hpp"
#include "analysis/training/training_run.hpp"
#include "analysis/training/whole_step.hpp"
#include "sim/catalogue.hpp"
#include "tests/analysis/scenarios.hpp"

namespace teapot {
namespace {

const std::string small = R"(
phase: training
model: deepseek-v2-lite
accelerator: h800
fabric: {from: h800-mpft, nodes: 4}
deployment: {gpus: 32}
training: {global_batch: 128, pipeline_parallel: 4, pipeline: dualpipe, expert_parallel: 8, recompute: [swiglu]}
)";

TrainingScenario training(const std::string& yaml, const std::vector<std::string>& sets = {}) {
  Tree tree = parse_yaml(yaml, "t.yaml");
  for (const auto& set : sets) apply_set(tree, set);
  return read_training_scenario(tree, "t");
}

double sum(const TrainingParts& p) {
  return (p.forward + p.bubble + p.backward + p.weights + p.pair + p.optimizer).value;
}

void check_refused(const std::string& set, const std::string& what) {
  CAPTURE(set);
  try {
    training(small, {set});
    FAIL("was taken");
  } catch (const ConfigError& e) {
    CAPTURE(e.what());
    CHECK(std::string{e.what()}.find(what) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("training: the parts of a step add up to it, for every schedule") {
  for (const auto& name : schedule_names()) {
    CAPTURE(name);
    const TrainingScenario s = training(small, {"training.pipeline=" + name});
    const TrainingResult r = run_training(s);
    CHECK(sum(r.parts) == doctest::Approx(r.step.value).epsilon(1e-12));
    CHECK(r.parts.bubble > Seconds{});
    CHECK(r.parts.optimizer > Seconds{});
    CHECK(r.tokens_per_s * r.step.value == doctest::Approx(128 * 4096.0).epsilon(1e-12));
    CHECK(r.mfu_causal * r.step.value * 32 * 989e12 ==
          doctest::Approx(training_flops_per_token(s.model, 4096).value * 128 * 4096).epsilon(1e-12));
    CHECK(r.mfu_noncausal > r.mfu_causal);
    CHECK(r.mfu_noncausal < 1);
  }
}

TEST_CASE("training: the waterfall adds up to the step, for every schedule, and each chunk's parts to the chunk") {
  for (const auto& name : schedule_names()) {
    CAPTURE(name);
    const TrainingResult r = run_training(training(small, {"training.pipeline=" + name, "training.trainer=hai-llm"}));
    Seconds whole, trainer;
    for (const StepPart& part : step_waterfall(r)) {
      whole += part.time;
      if (part.group == "trainer") trainer += part.time;
    }
    CHECK(whole.value == doctest::Approx(r.step.value).epsilon(1e-12));
    CHECK(trainer > Seconds{});
    for (const ChunkTime& chunk : r.chunks) {
      Seconds of_chunk;
      for (const StepPart& part : chunk.parts) of_chunk += part.time;
      CHECK(of_chunk.value == doctest::Approx(chunk.time.value).epsilon(1e-9));
    }
  }
}

TEST_CASE("training: a send beside exchanges lasts longer than alone, and no faster than its bytes at line rate") {
  CHECK(run_training(training(small)).send_beside == run_training(training(small)).send);  // tokens stay in a node
  const TrainingResult r =
      run_training(training(small, {"training.pipeline_parallel=2", "training.expert_parallel=16"}));
  CHECK(r.send_beside > r.send);
  CHECK(r.send.value > 4096 * 2048 * 2.0 / 50e9);
}

TEST_CASE(
    "sensitivity: a training step falls with arithmetic and NICs, never rises, and feels no link that it leaves") {
  const TrainingScenario s = training(small);
  const SensitivityTable table = sensitivity(s, 0.1);
  CHECK(table.tpot == run_training(s).step);
  std::map<std::string, double> elasticity;
  double sum = 0;
  for (const Sensitivity& row : table.rows) {
    CAPTURE(row.resource);
    elasticity[row.resource] = row.elasticity;
    CHECK(row.elasticity > -0.01);
    CHECK(row.elasticity < 1);
    sum += row.elasticity;
  }
  CHECK(elasticity.at("arithmetic") > 0.1);
  CHECK(elasticity.at("nic") > 0.01);
  CHECK(sum < 1.05);  // what makes all times shorter makes the step shorter by as much
}

TEST_CASE("training: the same scenario twice is the same to the last bit") {
  auto first = training_json(training(small), run_training(training(small)));
  auto second = training_json(training(small), run_training(training(small)));
  first.erase("wall_s");
  second.erase("wall_s");
  CHECK(first.dump() == second.dump());
}

TEST_CASE("training: one group stands for all where that is exact") {
  TrainingScenario s = training(small);
  REQUIRE(s.groups == Blocks::alike);
  const Seconds one = run_training(s).step;
  s.groups = Blocks::uneven;  // all are simulated
  CHECK(run_training(s).step.value == doctest::Approx(one.value).epsilon(1e-9));
}

TEST_CASE("training: what a config.json leaves open is warned of") {
  const TrainingScenario s = training(small, {"model=" + home() + "/tests/workloads/configs/mixtral-8x7b.json"});
  REQUIRE(!s.model.reading.warnings.empty());
  const TrainingResult r = run_training(s);
  CHECK(training_text(s, r).find("\nwarning: " + s.model.reading.warnings[0]) != std::string::npos);
  CHECK(training_json(s, r).at("warnings").size() == s.model.reading.warnings.size());
}

TEST_CASE("training: faster links never make a step longer, a slower trainer never a shorter one") {
  const Seconds plain = run_training(training(small)).step;
  CHECK(run_training(training(small, {"fabric.nic_bandwidth=800 Gbps"})).step < plain);
  CHECK(run_training(training(small, {"training.trainer=hai-llm"})).step > plain);
  CHECK(run_training(training(small, {"training.gradients=bf16"})).step < plain);
}

TEST_CASE("training: what does not divide or fit is one clear line") {
  check_refused("training.global_batch=130",
                "do not divide over 8 pipelines in micro-batches of 1 (nearest: 128 or 136)");
  check_refused("training.pipeline_parallel=5", "do not divide into pipelines of 5");
  check_refused("training.layers_per_stage=[7, 7, 7, 7]", "28 layers in all");
}

TEST_CASE("training: a batch too small for a schedule, a model too large and other phases are refused") {
  check_refused("training.global_batch=32", "twice the 4 ranks at least");
  check_refused("training.zero=3", "only 0 and 1");
  check_refused("training.expert_parallel=3", "must divide the 8 GPUs");
  check_refused("training.sequence_tokens=400000", "does not fit");
  check_refused("training.sequence_tokens=65536", "would fit: training.recompute [full]");
  check_refused("model=qwen3-next-80b-a3b", "way back is not known");
  CHECK_THROWS_AS(read_scenario(parse_yaml(small, "t.yaml"), "t"), ConfigError);
}

TEST_CASE("training: a step simulated as one program lasts as long as its chunks put together") {
  for (const auto& name : schedule_names()) {
    CAPTURE(name);
    const TrainingScenario s = training(small, {"training.pipeline=" + name});
    const TrainingResult r = run_training(s);
    const Timeline timeline = simulate(whole_step(s, r), s.network);
    // Sends contend with exchanges here, and wait for nobody's turn there.
    CHECK(timeline.step.value == doctest::Approx(r.step.value).epsilon(0.03));
  }
}

TEST_CASE("training: the timeline has each task, and what happens within those of one rank") {
  const TrainingScenario s = training(small);
  const TrainingResult r = run_training(s);
  const PipelineTrace trace = pipeline_trace(s, r, 1);
  std::size_t tasks = 4;  // the ends of the ranks
  for (const auto& rank : r.pipeline.ranks) tasks += rank.size();
  std::size_t on_tasks = 0, inside = 0;
  Seconds end;
  for (int op = 0; op < trace.timeline.operators; ++op) {
    const Operator& o = trace.program.operators[static_cast<std::size_t>(op)];
    ++(o.stream == 0 ? on_tasks : inside);
    for (int rank = 0; rank < 4; ++rank) {
      if (!trace.timeline.ran(op, rank)) continue;
      CHECK((o.stream == 0 || rank == 1));
      if (o.stream == 0) end = std::max(end, trace.timeline.end(op, rank));
    }
  }
  CHECK(on_tasks == tasks);
  CHECK(inside > tasks);
  CHECK(end.value == doctest::Approx(r.step.value).epsilon(1e-12));
}

TEST_CASE("training: the page draws each task once") {
  const TrainingScenario s = training(small);
  const TrainingResult r = run_training(s);
  const std::string page = training_page(s, r, small);
  std::size_t tasks = 4, drawn = 0;
  for (const auto& rank : r.pipeline.ranks) tasks += rank.size();
  for (std::size_t at = page.find("<rect "); at != std::string::npos; at = page.find("<rect ", at + 1)) ++drawn;
  CHECK(drawn == tasks);
}

TEST_CASE("published: DeepSeek-V3 on 2,048 H800, step within 10%, parts within 20%, planes and rails within 0.5%") {
  double steps[2] = {0, 0};
  int i = 0;
  for (const char* name : {"train-deepseek-v3-mpft", "train-deepseek-v3-mrft"}) {
    CAPTURE(name);
    const Tree tree = load_scenario_tree(testing::project_file(std::string{"examples/"} + name + ".yaml"));
    const TrainingScenario s = read_training_scenario(tree, name);
    const auto figures = training_figures(run_training(s));
    REQUIRE(s.published.figures.size() == 10);
    for (const auto& [figure, published] : s.published.figures) {
      CAPTURE(figure);
      const bool part = figure.ends_with("_s") && figure != "step_s";
      CHECK(figures.at(figure) == doctest::Approx(published).epsilon(part ? 0.2 : 0.1));
    }
    steps[i++] = figures.at("step_s");
  }
  CHECK(steps[1] == doctest::Approx(steps[0]).epsilon(0.005));
}

}  // namespace teapot

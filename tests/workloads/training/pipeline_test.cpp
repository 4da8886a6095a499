// Schedules against the formulas that their authors give, where sending is free.

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>

#include "workloads/training/pipeline.hpp"

namespace teapot {
namespace {

struct Times {
  double forward = 1, backward = 2, weights = 1, pair = 3;
};

PipelineTimes times_of(const Times& t) {
  return {[t](const Task& task, int) {
            switch (task.kind) {
              case Task::Kind::forward:
                return Seconds{t.forward};
              case Task::Kind::backward:
                return Seconds{t.backward};
              case Task::Kind::input:
                return Seconds{t.backward - t.weights};
              case Task::Kind::weights:
                return Seconds{t.weights};
              case Task::Kind::pair:
                break;
            }
            return Seconds{t.pair};
          },
          [](int, int, Task::Kind) { return Seconds{}; }};
}

/// Every rank waits so long in a whole step.
void check_bubble(const std::string& name, const PipelineShape& shape, const Times& t, double bubble) {
  CAPTURE(name);
  const PipelineTimeline timeline = run_pipeline(schedule(name), shape, times_of(t));
  for (int rank = 0; rank < shape.ranks; ++rank) {
    CAPTURE(rank);
    CHECK((timeline.end - timeline.busy(rank)).value == doctest::Approx(bubble).epsilon(1e-12));
  }
}

TEST_CASE("1F1B: a rank waits (p - 1)(F + B), however many micro-batches there are") {
  check_bubble("1f1b", {8, 20}, {1, 2.2, 0.9, 0}, 7 * (1 + 2.2));
  check_bubble("1f1b", {16, 120}, {1.3, 2, 0.8, 0}, 15 * (1.3 + 2));
}

TEST_CASE("interleaved 1F1B: chunks of a rank share the wait of one stage") {
  // Two chunks of half a stage each: (p - 1)(F + B) / 2.
  check_bubble("interleaved", {8, 32, 2}, {0.5, 1.1, 0.4, 0}, 7 * (1 + 2.2) / 2);
}

TEST_CASE("ZB1P: a rank waits (p - 1)(F + B - 2W) (arXiv 2412.19437, table 2)") {
  check_bubble("zb1p", {8, 20}, {1, 2, 1, 0}, 7 * (1 + 2 - 2));
  check_bubble("zb1p", {16, 64}, {1.3, 2, 0.8, 0}, 15 * (1.3 + 2 - 1.6));
}

TEST_CASE("DualPipe: a rank waits (p/2 - 1)(F&B + B - 3W) (arXiv 2412.19437, table 2)") {
  // In which F&B is written for a forward beside a whole backward, and the last waits for the other weights: F = B - W.
  check_bubble("dualpipe", {8, 20}, {1, 2, 1, 3}, 3 * (3 + 2 - 3));
  check_bubble("dualpipe", {16, 120}, {1, 1.8, 0.8, 2.8}, 7 * (2.8 + 1.8 - 2.4));
}

TEST_CASE("DualPipeV: a rank waits as DualPipe's of twice the ranks (github.com/deepseek-ai/DualPipe)") {
  check_bubble("dualpipev", {8, 20}, {1, 2, 1, 3}, 7 * (3 + 2 - 3));
}

TEST_CASE("every schedule passes each chunk forward once and backward once, weights after inputs") {
  for (const auto& name : schedule_names()) {
    CAPTURE(name);
    const PipelineShape shape{4, 16, name == "interleaved" ? 3 : 1};
    const Schedule& s = schedule(name);
    REQUIRE(s.refusal(shape).empty());
    std::map<std::pair<int, int>, int> forward, back, inputs, weights;
    for (int rank = 0; rank < shape.ranks; ++rank) {
      const auto held = s.held(shape, rank);
      for (const Task& task : s.order(shape, rank)) {
        CHECK(std::find(held.begin(), held.end(), task.stage) != held.end());
        const std::pair chunk{task.stage, task.micro_batch};
        if (task.kind == Task::Kind::forward || task.kind == Task::Kind::pair) ++forward[chunk];
        if (task.kind == Task::Kind::backward) ++back[chunk];
        if (task.kind == Task::Kind::pair) ++back[{task.back_stage, task.back_micro_batch}];
        if (task.kind == Task::Kind::input) ++inputs[chunk];
        if (task.kind == Task::Kind::weights) {
          CHECK(inputs[chunk] == 1);
          ++weights[chunk];
        }
      }
    }
    CHECK(forward.size() == static_cast<std::size_t>(s.stages(shape) * shape.micro_batches));
    for (const auto& [chunk, times] : forward) {
      CHECK(times == 1);
      CHECK(back[chunk] + inputs[chunk] == 1);
      CHECK(inputs[chunk] == weights[chunk]);
    }
  }
}

TEST_CASE("1F1B keeps a chunk for each rank from here on, DualPipe p + 1 everywhere (arXiv 2412.19437, table 2)") {
  for (int rank = 0; rank < 8; ++rank) {
    CHECK(chunks_kept(schedule("1f1b").order({8, 32}, rank)) == 8 - rank);
    CHECK(chunks_kept(schedule("dualpipe").order({8, 32}, rank)) == 9);
  }
}

TEST_CASE("a slower send only lengthens a step") {
  const Times t;
  for (const auto& name : schedule_names()) {
    const PipelineShape shape{4, 16, name == "interleaved" ? 2 : 1};
    PipelineTimes slow = times_of(t);
    slow.send = [](int, int, Task::Kind) { return Seconds{0.3}; };
    CHECK(run_pipeline(schedule(name), shape, slow).end > run_pipeline(schedule(name), shape, times_of(t)).end);
  }
}

TEST_CASE("schedules refuse what they cannot run") {
  CHECK_FALSE(schedule("dualpipe").refusal({8, 15}).empty());
  CHECK_FALSE(schedule("dualpipe").refusal({7, 32}).empty());
  CHECK_FALSE(schedule("interleaved").refusal({8, 20, 2}).empty());
  CHECK_FALSE(schedule("dualpipev").refusal({8, 15}).empty());
}

}  // namespace
}  // namespace teapot

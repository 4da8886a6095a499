#pragma once
// Pipeline schedules: in which order each GPU of a pipeline passes chunks of layers forward and backward.
// A schedule is one file in schedules/. Knows no layer, no bytes and no time.

#include <string>
#include <vector>

namespace teapot {

/// What a rank of the pipeline does at once: one chunk of one micro-batch, or two that overlap.
struct Task {
  enum class Kind {
    forward,
    backward,  ///< gradients of inputs and of weights together
    input,     ///< gradients of inputs alone
    weights,   ///< gradients of weights, after `input`
    pair,      ///< a forward of one micro-batch beside the whole backward of another
  };
  Kind kind = Kind::forward;
  int stage = 0;  ///< of the chunk
  int micro_batch = 0;
  int back_stage = -1;  ///< pair: of the chunk that is passed backward
  int back_micro_batch = -1;
};

const char* to_text(Task::Kind kind);

/// What a schedule is asked for.
struct PipelineShape {
  int ranks = 1;
  int micro_batches = 1;
  int chunks = 1;  ///< stages of each rank, where the schedule leaves that open (interleaved)
};

struct Schedule {
  std::string name;
  int directions = 1;                                      ///< 2: ranks hold a stage of each way through the pipeline
  int (*stages)(const PipelineShape&) = nullptr;           ///< of the model
  std::string (*refusal)(const PipelineShape&) = nullptr;  ///< why it cannot be run so; empty: it can
  std::vector<Task> (*order)(const PipelineShape&, int rank) = nullptr;
  /// Stages that a rank holds, in increasing order.
  std::vector<int> (*held)(const PipelineShape&, int rank) = nullptr;
};

/// Put one at namespace scope in a schedule's file.
struct ScheduleRegistration {
  explicit ScheduleRegistration(Schedule schedule);
};

std::vector<std::string> schedule_names();  ///< sorted
const Schedule& schedule(const std::string& name);

/// Most chunks whose activations a rank keeps at once: passed forward, their weights' gradients not yet computed.
int chunks_kept(const std::vector<Task>& order);

// -- for schedules of one direction and one stage a rank --------------------------------------------------------------

int one_stage_each(const PipelineShape& shape);
std::vector<int> own_stage(const PipelineShape& shape, int rank);

/// The order that DualPipe and DualPipeV share, told by a rank's distance from the turn (github.com/deepseek-ai/
/// DualPipe; arXiv 2412.19437, section 3.2.1). `place`: 0 for the rank where micro-batches enter; `half`: ranks on a
/// way to the turn; `each`: micro-batches of one of its two phases. `stage`, `first`: of a phase, its stage and
/// micro-batch 0.
struct TwoPhases {
  int place = 0;
  int half = 1;
  int each = 1;
  int stage[2] = {0, 0};
  int first[2] = {0, 0};
};
std::vector<Task> two_phase_order(const TwoPhases& shape);

}  // namespace teapot

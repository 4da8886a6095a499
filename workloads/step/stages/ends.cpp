// Stages before, after and between layers: embedding, head, a pipeline's hand-over, tensor parallelism's exchanges.
// Knows no layer.

#include "workloads/model/layer_kernels.hpp"
#include "workloads/step/stages/stages.hpp"

namespace teapot {
namespace {

/// Tokens of the group that a GPU belongs to.
double tokens_of(const std::vector<double>& tokens, int group) {
  return tokens[tokens.size() == 1 ? 0 : static_cast<std::size_t>(group)];
}

/// How many GPUs of each TP group lie in one scale-up domain, where all groups are cut alike into runs of that size;
/// else that of a group.
int gpus_per_domain(const Layout& layout, const std::vector<int>& domain) {
  const int tp = layout.tensor_parallel;
  if (domain.empty()) return tp;
  int run = 1;
  while (run < tp && domain[static_cast<std::size_t>(run)] == domain[0]) ++run;
  for (int gpu = 0; gpu < layout.gpus; ++gpu) {
    const auto first = static_cast<std::size_t>(gpu - gpu % tp % run);
    const bool starts_new = gpu % tp != 0 && gpu % tp % run == 0;
    if (domain[static_cast<std::size_t>(gpu)] != domain[first]) return tp;
    if (starts_new && domain[first] == domain[first - 1]) return tp;
  }
  return tp % run == 0 ? run : tp;
}

/// GPUs that share attention; those that attend to nothing take no part.
std::shared_ptr<const std::vector<int>> attention_groups(const Layout& layout) {
  if (!layout.apart()) return groups_of(layout.gpus, layout.tensor_parallel);
  std::vector<int> groups(static_cast<std::size_t>(layout.gpus), -1);
  for (int gpu = 0; gpu < layout.attention_gpus(); ++gpu)
    groups[static_cast<std::size_t>(gpu)] = gpu / layout.tensor_parallel;
  return std::make_shared<const std::vector<int>>(std::move(groups));
}

/// Between nodes as libraries do it: each GPU reduces (or gathers) its part with the GPUs at its place in the other
/// nodes, and the whole with those in its own, so that a NIC carries one part of a node's share. Rings and trees send
/// as much.
Traffic by_node(const Layout& layout, double parts, const std::vector<double>& tokens, int per_node) {
  const int tp = layout.tensor_parallel;
  Traffic traffic(layout.gpus);
  traffic.groups = attention_groups(layout);
  for (int gpu = 0; gpu < layout.attention_gpus(); ++gpu) {
    const double own = parts * tokens_of(tokens, gpu / tp);
    for (int to = gpu / tp * tp; to < (gpu / tp + 1) * tp; ++to) {
      const bool same_node = to / per_node == gpu / per_node;
      if (to == gpu || (!same_node && to % per_node != gpu % per_node)) continue;
      traffic.add(to, same_node ? own / per_node : own / tp);
    }
    traffic.end_row();
  }
  for (int gpu = 0; gpu < layout.ffn_gpus; ++gpu) traffic.end_row();
  return traffic;
}

/// A copy is one token's activations; each GPU sends a part of those of its group's tokens to each other one.
Traffic within_groups(const Layout& layout, double parts, const std::vector<double>& tokens,
                      const std::vector<int>& domain, int stage) {
  const int per_node = gpus_per_domain(layout, domain);
  if (stage < 0 && per_node > 1 && per_node < layout.tensor_parallel) return by_node(layout, parts, tokens, per_node);
  const int tp = layout.tensor_parallel;
  std::vector<double> copies;
  std::vector<int> groups;
  for (int gpu = 0; gpu < layout.attention_gpus(); ++gpu) {
    // Of a stage's groups there is one in each pipeline.
    copies.push_back(parts / tp * tokens_of(tokens, stage < 0 ? gpu / tp : gpu / layout.pipeline_gpus()));
    groups.push_back(stage < 0 || layout.stage_of(gpu) == stage ? gpu / tp : -1);
  }
  copies.resize(static_cast<std::size_t>(layout.gpus));
  if (stage < 0) return all_to_all(attention_groups(layout), copies);
  return all_to_all(std::make_shared<const std::vector<int>>(std::move(groups)), copies);
}

/// From each stage's GPUs to the next stage's, each its part of the hidden states; from the last to the first stage
/// `parts` of that size for each token.
Traffic to_next_stage(const Layout& layout, double parts, const std::vector<double>& tokens, const std::vector<int>&,
                      int) {
  const int tp = layout.tensor_parallel;
  const int stages = layout.pipeline_parallel;
  Traffic traffic(layout.gpus);
  traffic.groups = groups_of(layout.gpus, tp * stages);
  for (int gpu = 0; gpu < layout.gpus; ++gpu) {
    const int group = gpu / tp;
    const bool last = group % stages == stages - 1;
    const int to = last ? gpu - tp * (stages - 1) : gpu + tp;
    traffic.add(to, last ? tokens_of(tokens, group) * parts : tokens_of(tokens, group) / tp);
    traffic.end_row();
  }
  return traffic;
}

/// Each GPU that attends sends its part of its group's tokens in equal parts to all that do not.
Traffic to_feed_forwards(const Layout& layout, double, const std::vector<double>& tokens, const std::vector<int>&,
                         int) {
  Traffic traffic(layout.gpus);
  traffic.groups = one_group(layout.gpus);
  const int tp = layout.tensor_parallel;
  for (int gpu = 0; gpu < layout.gpus; ++gpu) {
    const bool sends = gpu < layout.attention_gpus();
    for (int to = layout.attention_gpus(); sends && to < layout.gpus; ++to)
      traffic.add(to, tokens_of(tokens, gpu / tp) / tp / layout.ffn_gpus);
    traffic.end_row();
  }
  for (int gpu = 0; gpu < layout.attention_gpus(); ++gpu) traffic.tokens += tokens_of(tokens, gpu / tp) / tp;
  traffic.tokens /= layout.attention_gpus();
  return traffic;
}

Bytes activations(const StepShape& s) { return activation_bytes(format("bf16"), 1, s.model.hidden); }

}  // namespace

Stage embedding_stage(const StepShape& s) {
  Stage stage;
  stage.name = "embedding";
  stage.kernels = [s](const Share& share) {
    return std::vector<Kernel>{embedding_kernel(s.model, share.batch.tokens())};
  };
  return stage;
}

Stage head_stage(const StepShape& s) {
  Stage stage;
  stage.name = "head";
  stage.kernels = [s](const Share& share) {
    return head_kernels(s.model, share.batch.tokens(), share.batch.shared_by);
  };
  return stage;
}

Stage draft_entry_stage(const StepShape& s, const Draft& draft, bool verified) {
  Stage stage;
  stage.name = "embedding";
  stage.kernels = [s, &draft, verified](const Share& share) {
    std::vector<Kernel> kernels{embedding_kernel(s.model, share.batch.tokens())};
    for (Kernel& kernel : join_kernels(draft, s.execution.precision, share.batch.tokens(), verified))
      kernels.push_back(std::move(kernel));
    return kernels;
  };
  return stage;
}

Stage next_stage_stage(const StepShape& s) {
  Stage stage;
  stage.name = "send";
  // The last stage hands the first one four bytes for each token: its number.
  stage.exchange = StageExchange{to_next_stage, Bytes{4} / activations(s), false, activations(s)};
  return stage;
}

Stage dealt_stage(const StepShape& s, bool back) {
  const Precision& p = s.execution.precision;
  Stage stage;
  stage.name = back ? "combine" : "dispatch";
  stage.slot = Slot::feed_forward;
  stage.side = Side::both;
  stage.exchange = StageExchange{to_feed_forwards, 1, back, copy_bytes(back ? p.combine : p.dispatch, s.model.hidden)};
  return stage;
}

Stage tensor_parallel_stage(const StepShape& s, const std::string& operation, Slot slot, double parts) {
  Stage stage;
  stage.name = operation;
  stage.slot = slot;
  stage.exchange = StageExchange{within_groups, parts, false, activations(s)};
  return stage;
}

}  // namespace teapot

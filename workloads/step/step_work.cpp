// Work of every stage, with GPUs alike or each with its own requests.
// Knows no order.

#include "workloads/step/step_work.hpp"

#include <algorithm>
#include <utility>

#include "workloads/step/overlap.hpp"

namespace teapot {
namespace {

/// Adds the part of `work` that one of `count` GPUs has in the mean.
void add_share(Compute& sum, const Compute& work, double count) {
  sum.flops += work.flops / count;
  sum.bytes += work.bytes / count;
  if (sum.parts.empty()) {
    sum.parts = work.parts;
    for (KernelPart& part : sum.parts) part.time = Seconds{};
  }
  for (std::size_t i = 0; i < sum.parts.size(); ++i) {
    sum.parts[i].time += work.parts[i].time / count;
    sum.parts[i].provenance = std::max(sum.parts[i].provenance, work.parts[i].provenance);
  }
}

}  // namespace

StepWork::StepWork(const Model& model, const Deployment& deployment, const Decode& decode, const Machine& machine,
                   const ProgramWriter& writer, std::uint64_t seed)
    : model_(model),
      deployment_(deployment),
      decode_(decode),
      writer_(writer),
      seed_(seed),
      micro_batches_(overlap(decode.overlap).micro_batches),
      // The requests of a pipeline are counted with the stage that works on them first.
      requests_(deployment, micro_batches_) {
  if (!model.has_experts()) return;
  layout_ = std::make_unique<const ExchangeLayout>(deployment, machine.domain);
  gate_ = make_gate(model, decode.routing, std::max(1, layout_->nodes_of_group()));
}

// -- whose tokens -----------------------------------------------------------------------------------------------------

int StepWork::owner(int group, int turn) const {
  const int stages = deployment_.pipeline_parallel;
  const int stage = group % stages;
  return group - stage + ((stage - turn) % stages + stages) % stages;
}

std::vector<Batch> StepWork::group_batches(const Pass& pass, const Attention* attention) const {
  std::vector<Batch> batches;
  for (int group = 0; group < (requests_.alike() ? 1 : requests_.groups()); ++group) {
    const int from = owner(group, pass.turn);
    const double context = attention ? requests_.visible(from, pass.micro_batch, *attention) : 0;
    batches.push_back({static_cast<double>(requests_.of_group(from, pass.micro_batch)),
                       static_cast<double>(pass.queries), context, deployment_.tensor_parallel});
  }
  return batches;
}

int StepWork::tokens_of_gpu(int gpu, const Pass& pass) const {
  return requests_.of_gpu(gpu, pass.micro_batch) * pass.queries;
}

std::vector<Batch> StepWork::gpu_batches(const Pass& pass) const {
  std::vector<Batch> batches;
  for (int gpu = 0; gpu < (requests_.alike() ? 1 : deployment_.gpus); ++gpu) {
    batches.push_back(
        {static_cast<double>(requests_.of_gpu(gpu, pass.micro_batch)), static_cast<double>(pass.queries), 0, 1});
  }
  return batches;
}

std::vector<Batch> StepWork::routed_batches(const Pass& pass) const {
  return experts_follow_attention() ? group_batches(pass, nullptr) : gpu_batches(pass);
}

std::vector<Batch> StepWork::step_batches(int queries, int turn) const {
  std::vector<Batch> sum = group_batches({0, turn, queries}, nullptr);
  for (int mb = 1; mb < micro_batches_; ++mb) {
    const auto more = group_batches({mb, turn, queries}, nullptr);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i].requests += more[i].requests;
  }
  return sum;
}

int StepWork::kind_of(const Attention& attention) {
  const auto found = std::find(kinds_.begin(), kinds_.end(), attention);
  if (found != kinds_.end()) return static_cast<int>(found - kinds_.begin());
  kinds_.push_back(attention);
  return static_cast<int>(kinds_.size()) - 1;
}

// -- timing -----------------------------------------------------------------------------------------------------------

template <class Kernels>
Compute StepWork::timed_each(const std::vector<Batch>& batches, Kernels&& kernels) const {
  if (batches.size() == 1) return writer_.timed(kernels(batches[0]));
  std::map<std::pair<double, double>, Compute> known;
  const std::size_t gpus_of_each = static_cast<std::size_t>(deployment_.gpus) / batches.size();
  Compute sum;
  for (const Batch& batch : batches) {
    const auto [found, added] = known.try_emplace({batch.requests, batch.context});
    if (added) found->second = writer_.timed(kernels(batch));
    sum.duration.insert(sum.duration.end(), gpus_of_each, found->second.duration[0]);
    add_share(sum, found->second, static_cast<double>(batches.size()));
  }
  return sum;
}

template <class Kernels>
const Compute& StepWork::cached(const Key& key, const std::vector<Batch>& batches, Kernels&& kernels) {
  const auto [found, added] = computed_.try_emplace(key);
  if (added) found->second = timed_each(batches, kernels);
  return found->second;
}

void StepWork::only_on_stage(Compute& work, int stage) const {
  const int stages = deployment_.pipeline_parallel;
  if (stages == 1) return;
  std::vector<Seconds> duration;
  for (int gpu = 0; gpu < deployment_.gpus; ++gpu) {
    const bool here = gpu / deployment_.tensor_parallel % stages == stage;
    duration.push_back(here ? work.on(gpu) : Seconds{});
  }
  work.duration = std::move(duration);
  work.flops = work.flops / stages;
  work.bytes = work.bytes / stages;
  for (KernelPart& part : work.parts) part.time = part.time / stages;
}

// -- stages -----------------------------------------------------------------------------------------------------------

Compute StepWork::embedding(int queries) {
  Compute work = cached({Part::embedding, 0, {0, 0, queries}}, step_batches(queries, 0), [&](const Batch& batch) {
    Kernel kernel{"embedding", "elementwise", "bf16", {}, {}, 1, {}};
    kernel.bytes = Bytes{2 * batch.tokens() * model_.hidden * 2};
    kernel.shape.m = batch.tokens();
    kernel.shape.n = model_.hidden;
    kernel.shape.k = model_.hidden;
    return std::vector<Kernel>{kernel};
  });
  only_on_stage(work, 0);
  return work;
}

Compute StepWork::head(int queries, int turn) {
  Compute work = cached({Part::head, 0, {0, turn, queries}}, step_batches(queries, turn),
                        [&](const Batch& batch) { return head_kernels(model_, batch.tokens(), batch.shared_by); });
  only_on_stage(work, deployment_.pipeline_parallel - 1);
  return work;
}

Compute StepWork::projections(const Pass& pass, const Attention& attention, bool joins_prediction) {
  const Part part = joins_prediction ? Part::prediction : Part::projections;
  return cached({part, kind_of(attention), pass}, group_batches(pass, nullptr), [&](const Batch& batch) {
    auto kernels = projection_kernels(model_, attention, decode_.precision, batch);
    if (joins_prediction) {
      const auto entry = mtp_entry_kernels(model_, decode_.precision, batch.tokens());
      kernels.insert(kernels.begin(), entry.begin(), entry.end());
    }
    return kernels;
  });
}

Compute StepWork::attention(const Pass& pass, const Attention& attention) {
  return cached({Part::attention, kind_of(attention), pass}, group_batches(pass, &attention),
                [&](const Batch& batch) { return attention_kernels(model_, attention, decode_.precision, batch); });
}

Compute StepWork::dense(const Pass& pass) {
  return cached({Part::dense, 0, pass}, group_batches(pass, nullptr), [&](const Batch& batch) {
    auto kernels =
        feed_forward_kernels("dense", model_, decode_.precision, model_.intermediate, batch.tokens(), batch.shared_by);
    kernels.insert(kernels.begin(), norm_kernel(model_, batch.tokens()));
    return kernels;
  });
}

Compute StepWork::gate(const Pass& pass) {
  return cached({Part::gate, 0, pass}, routed_batches(pass),
                [&](const Batch& batch) { return gate_kernels(model_, batch.tokens()); });
}

Compute StepWork::shared(const Pass& pass) {
  return cached({Part::shared, 0, pass}, routed_batches(pass), [&](const Batch& batch) {
    return feed_forward_kernels("shared", model_, decode_.precision, model_.experts.shared_intermediate, batch.tokens(),
                                batch.shared_by);
  });
}

Compute StepWork::experts(const Pass& pass, const Exchange& exchange) {
  const int slots = deployment_.experts_per_rank(model_);
  std::vector<std::pair<double, double>> loads;  // tokens and active experts
  if (!exchange.arrived.empty()) {
    for (auto at = exchange.arrived.begin(); at != exchange.arrived.end(); at += slots) {
      std::uint64_t tokens = 0;
      std::uint64_t active = 0;
      for (int slot = 0; slot < slots; ++slot) {
        tokens += at[slot];
        active += at[slot] > 0 ? 1 : 0;
      }
      loads.emplace_back(static_cast<double>(tokens), static_cast<double>(active));
    }
    return expert_times(loads);
  }
  const int groups = requests_.alike() ? 1 : deployment_.expert_groups();
  for (int group = 0; group < groups; ++group) {
    double tokens = 0;
    for (int gpu = group * deployment_.expert_gpus(); gpu < (group + 1) * deployment_.expert_gpus(); ++gpu) {
      tokens += tokens_of_gpu(gpu, pass);
    }
    const double arrived = tokens * gate_.top_k / deployment_.expert_parallel;
    const auto each = static_cast<std::size_t>(groups == 1 ? 1 : deployment_.expert_gpus());
    loads.insert(loads.end(), each, {arrived, std::min<double>(slots, arrived)});
  }
  return expert_times(loads);
}

Compute StepWork::expert_times(const std::vector<std::pair<double, double>>& loads) {
  Compute sum;
  for (const auto& load : loads) {
    const auto [found, added] = expert_times_.try_emplace(load);
    if (added) {
      found->second = writer_.timed(
          expert_kernels(model_, decode_.precision, load.first, load.second, deployment_.expert_tensor_parallel));
    }
    sum.duration.push_back(found->second.duration[0]);
    add_share(sum, found->second, static_cast<double>(loads.size()));
  }
  return sum;
}

}  // namespace teapot

// What memory placement makes of a layer's stages: who computes them, and what must come from the host first.
// Knows no accelerator and no host.

#include <algorithm>
#include <cmath>
#include <optional>

#include "workloads/model/kernels.hpp"
#include "workloads/model/layer_kernels.hpp"
#include "workloads/model/mixer.hpp"
#include "workloads/step/stages/stages.hpp"

namespace teapot {
namespace {

/// Of a GPU's arrived tokens, those for experts on the host, and how many of these experts have any; or the others.
Share part_of(const StepShape& s, const Share& share, bool on_host) {
  const Offload& o = s.execution.offload;
  const double tokens = share.arrived * (on_host ? o.experts_missed : 1 - o.experts_missed);
  const double slots = s.layout.experts_per_rank(s.model) * (on_host ? o.experts : 1 - o.experts);
  return {share.batch, tokens, std::min({share.active, tokens, slots})};
}

Bytes expert_bytes(const StepShape& s) {
  return matrices(s.execution.precision.weights, expert_parameters(s.model) / s.layout.expert_tensor_parallel);
}

void place_experts(const StepShape& s, Stage stage, std::vector<Stage>& placed) {
  const Offload& o = s.execution.offload;
  if (o.experts_run == Offload::Run::streamed) {
    stage.fetch = "expert-fetch";
    stage.fetched = [s](const Share& share) { return part_of(s, share, true).active * expert_bytes(s); };
    placed.push_back(std::move(stage));
    return;
  }
  const auto part = [s](const Stage& all, bool on_host) {
    Stage one = all;
    one.kernels = [s, on_host, kernels = all.kernels](const Share& share) {
      return kernels(part_of(s, share, on_host));
    };
    return one;
  };
  Stage cpu = part(stage, true);
  cpu.name += "-cpu";
  cpu.on_host = true;
  const bool on_both = o.experts < 1 && o.experts_missed < 1;
  if (on_both) {
    cpu.beside = true;
    cpu.joins = false;
  }
  placed.push_back(std::move(cpu));
  if (on_both) placed.push_back(part(stage, false));
}

/// Neurons of one side that fire for any of the tokens. Each of a side's neurons is taken to fire as often.
double firing(const Offload& o, double intermediate, double tokens, bool on_host) {
  const double held = on_host ? 1 - o.hot : o.hot;
  if (!(held > 0)) return 0;
  const double of_one = std::min(1.0, o.active * (on_host ? 1 - o.hot_activity : o.hot_activity) / held);
  return intermediate * held * (1 - std::pow(1 - of_one, tokens));
}

/// What guesses which neurons fire.
std::vector<Kernel> predictor_kernels(const StepShape& s, const Layer& layer, const Share& share) {
  const double rank = predictor_rank(s.model, layer);
  const double intermediate = static_cast<double>(layer.intermediate) / share.batch.shared_by;
  const Precision precision = s.execution.precision.in(s.execution.precision.dense_part);
  return {gemm("predictor-in", precision, share.batch.tokens(), rank, s.model.hidden),
          gemm("predictor-out", precision, share.batch.tokens(), intermediate, rank)};
}

void split_by_neuron(const StepShape& s, const LayerKind& kind, const Stage& stage, std::vector<Stage>& placed) {
  for (const bool on_host : {true, false}) {
    Stage part = stage;
    part.on_host = part.beside = on_host;
    if (on_host) part.name += "-cpu";
    part.kernels = [s, on_host, layer = kind.layer](const Share& share) {
      const double tokens = share.batch.tokens();
      const Precision& p = s.execution.precision;
      const double width = firing(s.execution.offload, layer.intermediate, tokens, on_host);
      auto kernels = feed_forward_kernels("dense", s.model, p.in(p.dense_part), width, tokens, share.batch.shared_by);
      for (Kernel& kernel : kernels) {  // rows that lie apart, whatever they are stored in
        if (kernel.kind == "gemm") kernel.stored = "sparse-rows";
      }
      if (on_host) return kernels;
      const auto predictor = predictor_kernels(s, layer, share);
      kernels.insert(kernels.begin(), predictor.begin(), predictor.end());
      kernels.insert(kernels.begin(), norm_kernel(s.model, tokens));
      return kernels;
    };
    placed.push_back(std::move(part));
  }
}

/// Weights that a stage reads whatever its tokens; experts' are told by how many are active.
void stream_weights(const StepShape& s, const LayerKind& kind, Stage& stage) {
  const Precision& p = s.execution.precision;
  Bytes bytes;
  if (stage.opens_layer) {
    bytes = mixer_of(kind.layer.attention)
                .weights(s.model, kind.layer.attention, p.in(p.attention_part).weights, s.layout.tensor_parallel);
  } else if (stage.name == "dense-ffn") {
    bytes = matrices(p.in(p.dense_part).weights,
                     dense_parameters(s.model, kind.layer.intermediate) / s.layout.tensor_parallel);
  } else if (stage.name == "shared-expert") {
    bytes = matrices(p.in(p.shared_part).weights, shared_expert_parameters(s.model));
  } else if (stage.name == "experts") {
    stage.fetch = "weight-fetch";
    stage.fetched = [s](const Share& share) { return share.active * expert_bytes(s); };
    return;
  }
  if (!(bytes > Bytes{})) return;
  stage.fetch = "weight-fetch";
  stage.ahead = true;
  stage.fetched = [bytes](const Share&) { return bytes; };
}

/// Rows of the cache that the step reads, in the part that lies on the host.
void fetch_cache(const StepShape& s, const LayerKind& kind, Stage& stage) {
  const Offload& o = s.execution.offload;
  stage.fetch = "kv-fetch";
  stage.ahead = o.kv_read != Offload::Read::streamed;
  stage.fetched = [s, kind, part = o.kv](const Share& share) {
    const Attention& a = kind.layer.attention;
    const Mixer& mixer = mixer_of(a);
    Bytes sum;
    for (const Sequences& sequences : share.batch.sequences) {
      const double rows = sequences.mean([&](double context) { return mixer.rows(a, context); });
      const double read = sequences.mean([&](double context) { return mixer.visible(a, context); });
      if (rows > 0)
        sum += mixer.kept(a, s.execution.precision.kv, sequences, share.batch.shared_by) * std::min(1.0, read / rows);
    }
    return sum * part;
  };
}

/// The kernels of a stage that read so much of each cache, or those that read none.
std::function<std::vector<Kernel>(const Share&)> over_cache(const Stage& stage, std::optional<double> part) {
  return [kernels = stage.kernels, part](const Share& share) {
    std::vector<Kernel> those;
    for (Kernel kernel : kernels(share)) {
      const bool reads = kernel.shape.context > 0;
      if (reads != part.has_value()) continue;
      if (reads) {
        kernel.flops = kernel.flops * *part;
        kernel.bytes = kernel.bytes * *part;
        kernel.shape.context *= *part;
      }
      those.push_back(std::move(kernel));
    }
    return those;
  };
}

/// Queries go to the part of the cache that lies on the host, and what they find there comes back; the GPU attends to
/// the other part at the same time. What reads no cache (the projection out) follows on the GPU.
void attend_on_host(const StepShape& s, const LayerKind& kind, const Stage& stage, std::vector<Stage>& placed) {
  const Attention& a = kind.layer.attention;
  const double part = s.execution.offload.kv;
  const double width = a.kind == Attention::Kind::latent ? a.kv_rank + a.rope_dim : a.query_dim();
  Stage cpu = stage;
  cpu.name += "-cpu";
  cpu.on_host = true;
  cpu.beside = part < 1;
  cpu.handed = (a.heads * width + mixer_of(a).cached_values(a)) / s.layout.tensor_parallel;
  cpu.kernels = over_cache(stage, part);
  placed.push_back(std::move(cpu));
  if (part < 1) {
    Stage gpu = stage;
    gpu.kernels = over_cache(stage, 1 - part);
    placed.push_back(std::move(gpu));
  }
  Stage out = stage;
  out.name += "-output";
  out.kernels = over_cache(stage, {});
  placed.push_back(std::move(out));
}

}  // namespace

std::vector<Stage> placed(const StepShape& s, const LayerKind& kind, std::vector<Stage> stages) {
  const Offload& o = s.execution.offload;
  if (!o.any() || kind.prediction) return stages;
  const bool on_cpu = kind.away && o.weights_run == Offload::Run::cpu;
  std::vector<Stage> placed;
  for (Stage& stage : stages) {
    if (!stage.kernels) {
      placed.push_back(std::move(stage));
      continue;
    }
    if (o.split && stage.name == "dense-ffn") {
      split_by_neuron(s, kind, stage, placed);
      continue;
    }
    if (on_cpu) {
      stage.on_host = true;
      placed.push_back(std::move(stage));
      continue;
    }
    if (kind.away) stream_weights(s, kind, stage);
    if (o.attends_on_cpu() && stage.reads_cache && !kind.layer.attention.recurrent()) {
      attend_on_host(s, kind, stage, placed);
      continue;
    }
    if (o.kv > 0 && stage.reads_cache) fetch_cache(s, kind, stage);
    if (o.experts > 0 && !kind.away && stage.whose == Whose::arrived) {
      place_experts(s, std::move(stage), placed);
    } else {
      placed.push_back(std::move(stage));
    }
  }
  return placed;
}

Stage placed_end(const StepShape& s, Stage end) {
  end.on_host = s.execution.offload.ends_away();
  return end;
}

}  // namespace teapot

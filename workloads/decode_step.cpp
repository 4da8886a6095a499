// Putting the operators of a step together: what each does, and what it waits for.
// Knows no accelerator, runtime or fabric but through Machine.

#include "workloads/decode_step.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "workloads/gate.hpp"
#include "workloads/layer_kernels.hpp"
#include "workloads/overlap.hpp"
#include "workloads/placement.hpp"
#include "workloads/traffic.hpp"

namespace teapot {
namespace {

constexpr int compute_stream = 0;
constexpr int communication_stream = 1;

int distinct(std::vector<int> values) {
  std::sort(values.begin(), values.end());
  return static_cast<int>(std::unique(values.begin(), values.end()) - values.begin());
}

/// Layers that are passed together: the main model's, or those of one pass through a multi-token prediction module.
struct Segment {
  std::string prefix;  ///< of operator names
  std::vector<Layer> layers;
  int first_layer = 0;
  double queries = 1;  ///< tokens of each request
};

/// How far a micro-batch has come: the operators that its next stage waits for.
struct Progress {
  std::vector<int> ready;
  std::vector<int> dispatched;
  Exchange exchange;  ///< of the layer's gate
};

class StepBuilder {
 public:
  StepBuilder(const Model& model, const Deployment& deployment, const Decode& decode, const Machine& machine,
              std::uint64_t seed)
      : model_(model), deployment_(deployment), decode_(decode), machine_(machine), seed_(seed) {
    program_.ranks = deployment.gpus;
    program_.streams = {"compute", "communication"};
    progress_.resize(static_cast<std::size_t>(overlap(decode.overlap).micro_batches));
    last_on_stream_.assign(program_.streams.size(), -1);
    if (model.has_experts()) {
      const int nodes = machine.domain.empty()
                            ? 1
                            : std::max(1, distinct({machine.domain.begin(), machine.domain.begin() + deployment.gpus}) /
                                              deployment.expert_groups());
      exchanges_ = std::make_unique<Exchanges>(make_gate(model, decode.routing, nodes), decode.routing,
                                               place_in_order(model, deployment), deployment.gpus, machine.domain);
    }
  }

  Program build() {
    const double queries = 1 + decode_.draft_tokens;
    const double requests = deployment_.requests_per_gpu;
    add_compute("embedding", -1, 0, {}, {embedding(requests * queries)});
    for (Progress& p : progress_) p.ready = {last()};
    add_segment({"", model_.layers, 0, queries});
    add_head("head", requests * queries);
    for (int draft = 0; draft < decode_.draft_tokens; ++draft) {
      // The first draft pass also fills the module's cache for the tokens just verified; later ones add one each.
      const int layer = static_cast<int>(model_.layers.size()) + draft;
      add_segment({"mtp-", {model_.mtp_layer()}, layer, draft == 0 ? queries : 1});
      add_head("mtp-head", requests);
    }
    if (machine_.runtime.per_step > Seconds{}) {
      Compute work;
      work.duration = {machine_.runtime.per_step};
      work.parts = {{"runtime", "runtime", machine_.runtime.per_step, Provenance::modelled}};
      add({"runtime", -1, 0, compute_stream, {last()}, std::move(work)});
    }
    return std::move(program_);
  }

 private:
  // -- sizes --------------------------------------------------------------------------------------------------------
  int micro_batches() const { return static_cast<int>(progress_.size()); }
  int requests_of(int micro_batch) const {
    const int n = micro_batches();
    return deployment_.requests_per_gpu / n + (micro_batch < deployment_.requests_per_gpu % n ? 1 : 0);
  }
  /// Tokens a GPU brings to gate and experts.
  double tokens_of(int micro_batch, const Segment& s) const { return requests_of(micro_batch) * s.queries; }
  Batch batch_of(int micro_batch, const Segment& s) const {
    const int tp = deployment_.tensor_parallel;
    return {static_cast<double>(requests_of(micro_batch)) * tp, s.queries, deployment_.context_tokens, tp};
  }
  /// Experts split as attention is, on the tokens of the whole TP group: nothing to dispatch, an all-reduce after.
  bool experts_follow_attention() const {
    return deployment_.expert_parallel == 1 && deployment_.expert_tensor_parallel == deployment_.tensor_parallel;
  }
  bool split() const { return deployment_.tensor_parallel > 1; }

  // -- operators ----------------------------------------------------------------------------------------------------
  int last() const { return static_cast<int>(program_.operators.size()) - 1; }

  int add(Operator op) {
    if (std::exchange(barrier_, false)) {
      for (const int before : last_on_stream_) {
        if (before >= 0) op.after.push_back(before);
      }
    }
    std::sort(op.after.begin(), op.after.end());
    op.after.erase(std::unique(op.after.begin(), op.after.end()), op.after.end());
    last_on_stream_[static_cast<std::size_t>(op.stream)] = last() + 1;
    program_.operators.push_back(std::move(op));
    return last();
  }

  void add_part(Compute& work, const char* name, Seconds time) const {
    if (time == Seconds{}) return;
    for (Seconds& duration : work.duration) duration += time;
    work.parts.push_back({name, "runtime", time, Provenance::modelled});
  }

  int add_compute(const std::string& name, int layer, int micro_batch, std::vector<int> after, Compute work,
                  bool opens_layer = false) {
    add_part(work, "operator-overhead", machine_.runtime.per_operator);
    if (opens_layer) add_part(work, "layer-overhead", machine_.runtime.per_layer);
    return add({name, layer, micro_batch, compute_stream, std::move(after), std::move(work)});
  }
  int add_compute(const std::string& name, int layer, int micro_batch, std::vector<int> after,
                  const std::vector<Kernel>& kernels, bool opens_layer = false) {
    return add_compute(name, layer, micro_batch, std::move(after), timed(kernels), opens_layer);
  }

  Compute timed(const std::vector<Kernel>& kernels) const {
    Compute work;
    Seconds sum;
    for (const Kernel& kernel : kernels) {
      const KernelTime t = machine_.time(kernel);
      sum += t.time;
      work.flops += kernel.flops;
      work.bytes += kernel.bytes;
      work.parts.push_back({kernel.name, kernel.kind, t.time, t.provenance});
    }
    work.duration = {sum};
    return work;
  }

  int add_collective(const std::string& name, const std::string& operation, int layer, int micro_batch,
                     std::vector<int> after, Collective work) {
    const CollectiveCost cost = machine_.collective(operation);
    work.overhead = cost.overhead;
    work.wire = cost.wire;
    work.sm_share = cost.sm_share;
    if (machine_.runtime.per_collective > Seconds{}) {
      Compute kernels;
      kernels.duration = {machine_.runtime.per_collective};
      kernels.parts = {{operation, "runtime", machine_.runtime.per_collective, Provenance::modelled}};
      after = {
          add({"communication-kernels", layer, micro_batch, compute_stream, std::move(after), std::move(kernels)})};
    }
    return add({name, layer, micro_batch, communication_stream, std::move(after), std::move(work)});
  }

  /// Among the GPUs that share attention: each sends `parts` of the tokens' BF16 activations to each other one.
  int add_tensor_parallel(const Segment& s, const std::string& operation, int layer, int micro_batch,
                          std::vector<int> after, double parts) {
    const int tp = deployment_.tensor_parallel;
    auto& traffic = tensor_parallel_traffic_[parts];
    if (!traffic) traffic = std::make_shared<const Traffic>(all_to_all(groups_of(deployment_.gpus, tp), parts / tp));
    Collective work;
    work.traffic = traffic;
    work.bytes_per_copy = activation_bytes(format("bf16"), batch_of(micro_batch, s).tokens(), model_.hidden);
    return add_collective(s.prefix + operation, operation, layer, micro_batch, std::move(after), std::move(work));
  }

  // -- the step -----------------------------------------------------------------------------------------------------
  Kernel embedding(double tokens) const {
    Kernel kernel{"embedding", "elementwise", "bf16", {}, {}, 1, {}};
    kernel.bytes = Bytes{2 * tokens * model_.hidden * 2};
    kernel.shape.m = tokens;
    kernel.shape.n = model_.hidden;
    kernel.shape.k = model_.hidden;
    return kernel;
  }

  void add_head(const std::string& name, double tokens_per_gpu) {
    std::vector<int> after;
    for (const Progress& p : progress_) after.insert(after.end(), p.ready.begin(), p.ready.end());
    const int tp = deployment_.tensor_parallel;
    const int head = add_compute(name, -1, 0, std::move(after), head_kernels(model_, tokens_per_gpu * tp, tp));
    for (Progress& p : progress_) p.ready = {head};
  }

  void add_segment(const Segment& s) {
    std::vector<bool> experts;
    for (const Layer& layer : s.layers) experts.push_back(layer.experts);
    for (const Issue& issue : overlap(decode_.overlap).order(experts)) {
      barrier_ = issue.barrier;
      const Layer& layer = s.layers[static_cast<std::size_t>(issue.layer)];
      add_stage(s, issue.stage, layer, s.first_layer + issue.layer, issue.micro_batch);
    }
    barrier_ = false;
  }

  void add_stage(const Segment& s, Stage stage, const Layer& layer, int number, int mb) {
    switch (stage) {
      case Stage::projections:
        return add_projections(s, layer, number, mb);
      case Stage::attention:
        return add_attention(s, layer, number, mb);
      case Stage::gate:
        return add_gate(s, number, mb);
      case Stage::dispatch:
        return add_dispatch(s, number, mb);
      case Stage::shared:
        return add_shared(s, number, mb);
      case Stage::experts:
        return add_experts(s, number, mb);
      case Stage::combine:
        return add_combine(s, number, mb);
      case Stage::feed_forward:
        return add_feed_forward(s, number, mb);
    }
  }

  Progress& progress(int micro_batch) { return progress_[static_cast<std::size_t>(micro_batch)]; }

  void add_projections(const Segment& s, const Layer& layer, int number, int mb) {
    const Batch batch = batch_of(mb, s);
    auto kernels = projection_kernels(model_, layer.attention, decode_.precision, batch);
    if (!s.prefix.empty()) {
      const auto entry = mtp_entry_kernels(model_, decode_.precision, batch.tokens());
      kernels.insert(kernels.begin(), entry.begin(), entry.end());
    }
    Progress& p = progress(mb);
    p.ready = {add_compute(s.prefix + "attention-projections", number, mb, p.ready, kernels, true)};
  }

  void add_attention(const Segment& s, const Layer& layer, int number, int mb) {
    const auto kernels = attention_kernels(model_, layer.attention, decode_.precision, batch_of(mb, s));
    Progress& p = progress(mb);
    p.ready = {add_compute(s.prefix + "attention", number, mb, p.ready, kernels)};
    if (!split()) return;
    // Before experts that are spread over GPUs each GPU goes on with its own tokens only (sequence parallel).
    const bool own_tokens = layer.experts && !experts_follow_attention();
    p.ready = {
        add_tensor_parallel(s, own_tokens ? "reduce-scatter" : "all-reduce", number, mb, p.ready, own_tokens ? 1 : 2)};
  }

  void add_feed_forward(const Segment& s, int number, int mb) {
    const Batch batch = batch_of(mb, s);
    auto kernels =
        feed_forward_kernels("dense", model_, decode_.precision, model_.intermediate, batch.tokens(), batch.shared_by);
    kernels.insert(kernels.begin(), norm(batch.tokens()));
    Progress& p = progress(mb);
    p.ready = {add_compute(s.prefix + "dense-ffn", number, mb, p.ready, kernels)};
    if (split()) p.ready = {add_tensor_parallel(s, "all-reduce", number, mb, p.ready, 2)};
  }

  Kernel norm(double tokens) const {
    return gate_kernels(model_, tokens).front();  // the same addition and norm stands before every feed-forward
  }

  /// Tokens whose gate and shared expert one GPU computes.
  double routed_tokens(const Segment& s, int mb) const {
    return experts_follow_attention() ? batch_of(mb, s).tokens() : tokens_of(mb, s);
  }

  void add_gate(const Segment& s, int number, int mb) {
    Progress& p = progress(mb);
    p.ready = {add_compute(s.prefix + "gate", number, mb, p.ready, gate_kernels(model_, routed_tokens(s, mb)))};
    p.dispatched = p.ready;
    const double tokens = tokens_of(mb, s);
    if (decode_.routing.balanced()) {
      auto& exchange = balanced_[tokens];
      if (!exchange.traffic) exchange = exchanges_->balanced(tokens);
      p.exchange = exchange;
    } else {
      p.exchange = exchanges_->sampled(static_cast<int>(tokens), seed_, number, mb);
    }
  }

  bool dispatches() const { return deployment_.expert_gpus() > 1 && !experts_follow_attention(); }

  void add_dispatch(const Segment& s, int number, int mb) {
    if (!dispatches()) return;
    Progress& p = progress(mb);
    Collective work;
    work.traffic = p.exchange.traffic;
    work.bytes_per_copy = copy_bytes(decode_.precision.dispatch, model_.hidden);
    p.dispatched = {add_collective(s.prefix + "dispatch", "dispatch", number, mb, p.ready, std::move(work))};
  }

  void add_shared(const Segment& s, int number, int mb) {
    if (model_.experts.shared_intermediate == 0) return;
    Progress& p = progress(mb);
    const int shared_by = experts_follow_attention() ? deployment_.tensor_parallel : 1;
    p.ready = {add_compute(s.prefix + "shared-expert", number, mb, p.ready,
                           feed_forward_kernels("shared", model_, decode_.precision, model_.experts.shared_intermediate,
                                                routed_tokens(s, mb), shared_by))};
  }

  void add_experts(const Segment& s, int number, int mb) {
    Progress& p = progress(mb);
    Compute work = p.exchange.arrived.empty() ? balanced_experts(tokens_of(mb, s)) : sampled_experts(p.exchange);
    p.exchange.arrived = {};
    p.dispatched = {add_compute(s.prefix + "experts", number, mb, p.dispatched, std::move(work))};
  }

  Compute balanced_experts(double tokens_per_gpu) const {
    const double slots = deployment_.experts_per_rank(model_);
    const double arrived =
        tokens_per_gpu * deployment_.expert_gpus() * model_.experts.top_k / deployment_.expert_parallel;
    return timed(expert_kernels(model_, decode_.precision, arrived, std::min(slots, arrived),
                                deployment_.expert_tensor_parallel));
  }

  Compute sampled_experts(const Exchange& exchange) {
    const int slots = deployment_.experts_per_rank(model_);
    Compute mean;
    for (int gpu = 0; gpu < deployment_.gpus; ++gpu) {
      std::uint64_t tokens = 0;
      std::uint64_t active = 0;
      const auto first = static_cast<std::size_t>(gpu) * static_cast<std::size_t>(slots);
      for (std::size_t i = first; i < first + static_cast<std::size_t>(slots); ++i) {
        tokens += exchange.arrived[i];
        active += exchange.arrived[i] > 0 ? 1 : 0;
      }
      const auto [found, added] = expert_times_.try_emplace(tokens << 16 | active);
      if (added) {
        found->second = timed(expert_kernels(model_, decode_.precision, static_cast<double>(tokens),
                                             static_cast<double>(active), deployment_.expert_tensor_parallel));
      }
      const Compute& work = found->second;
      mean.duration.push_back(work.duration[0]);
      mean.flops += work.flops / deployment_.gpus;
      mean.bytes += work.bytes / deployment_.gpus;
      if (mean.parts.empty()) {
        mean.parts = work.parts;
        for (KernelPart& part : mean.parts) part.time = Seconds{};
      }
      for (std::size_t i = 0; i < mean.parts.size(); ++i) {
        mean.parts[i].time += work.parts[i].time / deployment_.gpus;
        mean.parts[i].provenance = std::max(mean.parts[i].provenance, work.parts[i].provenance);
      }
    }
    return mean;
  }

  void add_combine(const Segment& s, int number, int mb) {
    Progress& p = progress(mb);
    std::vector<int> done = p.dispatched;
    if (dispatches()) {
      Collective work;
      work.traffic = p.exchange.traffic;
      work.reversed = true;
      work.bytes_per_copy = copy_bytes(decode_.precision.combine, model_.hidden);
      done = {add_collective(s.prefix + "combine", "combine", number, mb, done, std::move(work))};
    }
    p.exchange = {};
    // What comes next needs the routed experts' result and the shared expert's (or whatever came before the latter).
    p.ready.insert(p.ready.end(), done.begin(), done.end());
    if (!split()) return;
    const bool own_tokens = !experts_follow_attention();
    p.ready = {
        add_tensor_parallel(s, own_tokens ? "all-gather" : "all-reduce", number, mb, p.ready, own_tokens ? 1 : 2)};
  }

  const Model& model_;
  const Deployment& deployment_;
  const Decode& decode_;
  const Machine& machine_;
  std::uint64_t seed_;
  Program program_;
  std::unique_ptr<const Exchanges> exchanges_;
  std::vector<Progress> progress_;       // by micro-batch
  std::vector<int> last_on_stream_;      // by stream; -1: none yet
  bool barrier_ = false;                 // the next operator waits for all before it
  std::map<double, Exchange> balanced_;  // by tokens of a GPU: all gates of a program share one
  std::map<double, std::shared_ptr<const Traffic>> tensor_parallel_traffic_;
  std::unordered_map<std::uint64_t, Compute> expert_times_;  // by tokens and active experts
};

}  // namespace

Program decode_program(const Model& model, const Deployment& deployment, const Decode& decode, const Machine& machine,
                       std::uint64_t seed) {
  return StepBuilder{model, deployment, decode, machine, seed}.build();
}

double tokens_per_step(const Decode& decode) {
  double sum = 1;
  double accepted = 1;
  for (const double a : decode.acceptance) sum += accepted *= a;
  return sum;
}

}  // namespace teapot

// Putting the stages of a step in order: what is issued when, and what waits for what.
// Knows no accelerator, runtime or fabric but through Machine.

#include "workloads/step/decode_step.hpp"

#include <string>
#include <utility>
#include <vector>

#include "workloads/step/overlap.hpp"
#include "workloads/step/step_work.hpp"

namespace teapot {
namespace {

/// Layers that are passed together: the main model's, or those of one pass through a multi-token prediction module.
struct Segment {
  std::string prefix;  ///< of operator names
  std::vector<Layer> layers;
  int first_layer = 0;
  int queries = 1;  ///< tokens of each request
  int turn = 0;     ///< of a pipeline
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
      : model_(model),
        deployment_(deployment),
        decode_(decode),
        writer_(machine, deployment.gpus),
        work_(model, deployment, decode, machine, writer_, seed),
        progress_(static_cast<std::size_t>(work_.micro_batches())) {}

  Program build() {
    const int queries = 1 + decode_.draft_tokens;
    all_ready({writer_.compute("embedding", {}, {}, work_.embedding(queries))});
    if (deployment_.pipeline_parallel > 1) {
      add_pipeline(queries);
    } else {
      add_segment({"", model_.layers, 0, queries});
      add_head("head", queries, 0);
    }
    for (int draft = 0; draft < decode_.draft_tokens; ++draft) {
      // The first draft pass also fills the module's cache for the tokens just verified; later ones add one each.
      const int layer = static_cast<int>(model_.layers.size()) + draft;
      add_segment({"mtp-", {model_.mtp_layer()}, layer, draft == 0 ? queries : 1});
      add_head("mtp-head", 1, 0);
    }
    writer_.end_of_step();
    return writer_.take();
  }

 private:
  Progress& progress(int micro_batch) { return progress_[static_cast<std::size_t>(micro_batch)]; }
  bool split() const { return deployment_.tensor_parallel > 1; }
  void all_ready(const std::vector<int>& after) {
    for (Progress& p : progress_) p.ready = after;
  }
  std::vector<int> everything_ready() const {
    std::vector<int> after;
    for (const Progress& p : progress_) after.insert(after.end(), p.ready.begin(), p.ready.end());
    return after;
  }

  void add_head(const std::string& name, int queries, int turn) {
    all_ready({writer_.compute(name, {}, everything_ready(), work_.head(queries, turn))});
  }

  /// All stages work at once, each on another part of the requests, and hand them on; after as many turns as there
  /// are stages every request has passed all layers. Operators carry the numbers of the first stage's layers.
  void add_pipeline(int queries) {
    const auto each = model_.layers.size() / static_cast<std::size_t>(deployment_.pipeline_parallel);
    const std::vector<Layer> layers(model_.layers.begin(), model_.layers.begin() + static_cast<std::ptrdiff_t>(each));
    for (int turn = 0; turn < deployment_.pipeline_parallel; ++turn) {
      add_segment({"", layers, 0, queries, turn});
      add_head("head", queries, turn);
      const Pass pass{0, turn, queries};
      all_ready({writer_.collective("send", {}, everything_ready(), work_.next_stage(pass))});
      if (split())
        all_ready({writer_.collective("all-gather", {}, everything_ready(), work_.tensor_parallel(pass, 1))});
    }
  }

  void add_segment(const Segment& s) {
    std::vector<bool> experts;
    for (const Layer& layer : s.layers) experts.push_back(layer.experts);
    for (const Issue& issue : overlap(decode_.overlap).order(experts)) {
      if (issue.barrier) writer_.barrier();
      const Layer& layer = s.layers[static_cast<std::size_t>(issue.layer)];
      add_stage(issue.stage, layer, {s.prefix, s.first_layer + issue.layer, issue.micro_batch},
                {issue.micro_batch, s.turn, s.queries});
    }
    writer_.no_barrier();
  }

  void add_stage(Stage stage, const Layer& layer, const Spot& spot, const Pass& pass) {
    switch (stage) {
      case Stage::projections:
        return add_projections(layer, spot, pass);
      case Stage::attention:
        return add_attention(layer, spot, pass);
      case Stage::gate:
        return add_gate(spot, pass);
      case Stage::dispatch:
        return add_dispatch(spot);
      case Stage::shared:
        return add_shared(spot, pass);
      case Stage::experts:
        return add_experts(spot, pass);
      case Stage::combine:
        return add_combine(spot, pass);
      case Stage::feed_forward:
        return add_feed_forward(spot, pass);
    }
  }

  void add_projections(const Layer& layer, const Spot& spot, const Pass& pass) {
    Progress& p = progress(pass.micro_batch);
    p.ready = {writer_.compute("attention-projections", spot, p.ready,
                               work_.projections(pass, layer.attention, !spot.prefix.empty()), true)};
  }

  void add_attention(const Layer& layer, const Spot& spot, const Pass& pass) {
    Progress& p = progress(pass.micro_batch);
    p.ready = {writer_.compute("attention", spot, p.ready, work_.attention(pass, layer.attention))};
    // Before experts that are spread over GPUs each GPU goes on with its own tokens only (sequence parallel).
    const bool own_tokens = layer.experts && !work_.experts_follow_attention();
    add_tensor_parallel(own_tokens ? "reduce-scatter" : "all-reduce", own_tokens ? 1 : 2, spot, pass);
  }

  void add_tensor_parallel(const std::string& operation, double parts, const Spot& spot, const Pass& pass) {
    if (!split()) return;
    Progress& p = progress(pass.micro_batch);
    p.ready = {writer_.collective(operation, spot, p.ready, work_.tensor_parallel(pass, parts))};
  }

  void add_feed_forward(const Spot& spot, const Pass& pass) {
    Progress& p = progress(pass.micro_batch);
    p.ready = {writer_.compute("dense-ffn", spot, p.ready, work_.dense(pass))};
    add_tensor_parallel("all-reduce", 2, spot, pass);
  }

  void add_gate(const Spot& spot, const Pass& pass) {
    Progress& p = progress(pass.micro_batch);
    p.ready = {writer_.compute("gate", spot, p.ready, work_.gate(pass))};
    p.dispatched = p.ready;
    p.exchange = work_.exchange(pass, spot.layer);
  }

  void add_dispatch(const Spot& spot) {
    if (!work_.dispatches()) return;
    Progress& p = progress(spot.micro_batch);
    Collective work;
    work.traffic = p.exchange.traffic;
    work.bytes_per_copy = copy_bytes(decode_.precision.dispatch, model_.hidden);
    p.dispatched = {writer_.collective("dispatch", spot, p.ready, std::move(work))};
  }

  void add_shared(const Spot& spot, const Pass& pass) {
    if (model_.experts.shared_intermediate == 0) return;
    Progress& p = progress(pass.micro_batch);
    p.ready = {writer_.compute("shared-expert", spot, p.ready, work_.shared(pass))};
  }

  void add_experts(const Spot& spot, const Pass& pass) {
    Progress& p = progress(pass.micro_batch);
    p.dispatched = {writer_.compute("experts", spot, p.dispatched, work_.experts(pass, p.exchange))};
    p.exchange.arrived = {};
  }

  void add_combine(const Spot& spot, const Pass& pass) {
    Progress& p = progress(pass.micro_batch);
    std::vector<int> done = p.dispatched;
    if (work_.dispatches()) {
      Collective work;
      work.traffic = std::move(p.exchange.traffic);
      work.reversed = true;
      work.bytes_per_copy = copy_bytes(decode_.precision.combine, model_.hidden);
      done = {writer_.collective("combine", spot, done, std::move(work))};
    }
    p.exchange = {};
    // What comes next needs the routed experts' result and the shared expert's (or whatever came before the latter).
    p.ready.insert(p.ready.end(), done.begin(), done.end());
    const bool own_tokens = !work_.experts_follow_attention();
    add_tensor_parallel(own_tokens ? "all-gather" : "all-reduce", own_tokens ? 1 : 2, spot, pass);
  }

  const Model& model_;
  const Deployment& deployment_;
  const Decode& decode_;
  ProgramWriter writer_;
  StepWork work_;
  std::vector<Progress> progress_;  // by micro-batch
};

}  // namespace

Program decode_program(const Model& model, const Deployment& deployment, const Decode& decode, const Machine& machine,
                       std::uint64_t seed) {
  const Model windowed = with_cache_window(model, decode.precision.kv_window);
  return StepBuilder{windowed, deployment, decode, machine, seed}.build();
}

double tokens_per_step(const Decode& decode) { return decode.tokens_per_step; }

}  // namespace teapot

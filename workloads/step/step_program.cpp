// Putting the stages of a step in order: what is issued when, and what waits for what.
// Knows no stage, accelerator, runtime or fabric but through Machine.

#include "workloads/step/step_program.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "workloads/step/overlap.hpp"
#include "workloads/step/program_writer.hpp"
#include "workloads/step/step_work.hpp"

namespace teapot {
namespace {

/// Layers that are passed together: the main model's, or those of one pass through a multi-token prediction module.
struct Segment {
  std::vector<LayerKind> layers;
  int first_layer = 0;
  Tokens tokens = Tokens::all;
  int stage = -1;             ///< of a pipeline; below 0: all GPUs
  int part = 0;               ///< of a pipeline's requests
  PassOf of = PassOf::model;  ///< of its operators' names
  StepWork* work = nullptr;   ///< of a draft model; null: of the model
};

/// How far a micro-batch has come: the operators that its next stages wait for.
struct Progress {
  std::vector<int> ready;
  std::vector<int> routed;    ///< routed tokens apart from the others
  std::vector<int> computed;  ///< routed tokens where they were computed last
  bool ready_on_host = false;
  bool routed_on_host = false;
  std::vector<int> beside;                       ///< what the host computes beside the next stage
  std::map<std::string, std::vector<int>> uses;  ///< by stage: the last two operators that used what was fetched ahead
};

Execution with_formats_of_draft(Execution execution) {
  execution.precision = draft_precision(*execution.draft, execution.precision);
  return execution;
}

class StepBuilder {
 public:
  StepBuilder(const StepShape& shape, const Load& load, const Machine& machine, std::uint64_t seed,
              const std::shared_ptr<KnownExchanges>& known)
      : shape_(shape),
        writer_(machine, shape.layout.gpus, overlap(shape.execution.overlap).computes_meanwhile, shape.layout.apart()),
        work_(shape, load, machine, seed, known),
        progress_(static_cast<std::size_t>(work_.micro_batches())) {
    if (shape.execution.draft_passes > 0 && shape.execution.draft) drafter_.emplace(shape, load, machine, seed, known);
  }

  Program build(const Load& load) {
    if (shape_.layout.pipeline_parallel > 1) {
      add_pipeline();
    } else {
      add_end(embedding_, {Batches::whole_step, Tokens::all});
      add_segment({kinds(0, static_cast<int>(shape_.model.layers.size())), 0});
      add_end(head_, {Batches::whole_step, Tokens::sampled});
    }
    for (int draft = 0; draft < shape_.execution.draft_passes; ++draft) {
      if (drafter_) {
        add_draft(draft);
        continue;
      }
      // The first draft pass also fills the module's cache for the tokens just verified; later ones add one each.
      const int layer = static_cast<int>(shape_.model.layers.size()) + draft;
      add_segment({{{shape_.model.mtp_layer(), true}},
                   layer,
                   draft == 0 ? Tokens::all : Tokens::one_each,
                   -1,
                   0,
                   PassOf::prediction});
      add_end(head_, {Batches::whole_step, Tokens::one_each}, PassOf::prediction);
    }
    const Layout& layout = shape_.layout;
    writer_.end_of_step(load.requests_per_gpu() * layout.tensor_parallel,
                        layout.attention_gpus() / (layout.tensor_parallel * layout.pipeline_parallel),
                        ranks_of(Side::attention, -1));
    return writer_.take();
  }

 private:
  /// A small model with formats of its own, all of it passed once for each drafted token.
  struct Drafter {
    Drafter(const StepShape& main, const Load& load, const Machine& machine, std::uint64_t seed,
            const std::shared_ptr<KnownExchanges>& known)
        : execution(with_formats_of_draft(main.execution)),
          model(with_cache_window(main.execution.draft->model, main.execution.precision.kv_window)),
          shape{model, main.layout, execution},
          work(shape, load, machine, seed, known),
          head(head_stage(shape)) {}
    Execution execution;
    Model model;
    StepShape shape;
    StepWork work;
    Stage head;
    std::map<bool, Stage> entries{};  // for tokens just verified, and for drafted ones
  };

  /// As a prediction module: the first pass also fills its cache for the tokens just verified.
  void add_draft(int draft) {
    Drafter& d = *drafter_;
    const Tokens tokens = draft == 0 ? Tokens::all : Tokens::one_each;
    const Draft& of = *shape_.execution.draft;
    const Stage& entry = d.entries.try_emplace(draft == 0, draft_entry_stage(d.shape, of, draft == 0)).first->second;
    add_end(entry, {Batches::whole_step, tokens}, PassOf::draft, &d.work);
    Segment segment;
    for (const Layer& layer : d.model.layers) segment.layers.push_back({layer, false});
    segment.first_layer =
        static_cast<int>(shape_.model.layers.size() + d.model.layers.size() * static_cast<std::size_t>(draft));
    segment.tokens = tokens;
    segment.of = PassOf::draft;
    segment.work = &d.work;
    add_segment(segment);
    add_end(d.head, {Batches::whole_step, Tokens::one_each}, PassOf::draft, &d.work);
  }

  void all_ready(const std::vector<int>& after) {
    for (Progress& p : progress_) p.ready = after;
  }
  std::vector<int> everything_ready() const {
    std::vector<int> after;
    for (const Progress& p : progress_) after.insert(after.end(), p.ready.begin(), p.ready.end());
    return after;
  }
  std::vector<LayerKind> kinds(int first, int last) const {
    std::vector<LayerKind> kinds;
    for (int l = first; l < last; ++l)
      kinds.push_back({shape_.model.layers[static_cast<std::size_t>(l)], false, shape_.execution.offload.away(l)});
    return kinds;
  }

  /// The GPUs of one stage of a pipeline, or of one side where attention is apart; null: all.
  Ranks ranks_of(Side side, int stage) {
    const Layout& layout = shape_.layout;
    const bool of_side = layout.apart() && side != Side::both;
    if (layout.pipeline_parallel == 1 && !of_side) return nullptr;
    Ranks& known = ranks_[{of_side ? side : Side::both, stage}];
    if (known) return known;
    std::vector<int> members;
    for (int gpu = 0; gpu < layout.gpus; ++gpu) {
      const bool runs =
          of_side ? (gpu < layout.attention_gpus()) == (side == Side::attention) : layout.stage_of(gpu) == stage;
      if (runs) members.push_back(gpu);
    }
    return known = ranks(std::move(members));
  }

  void add_end(const Stage& end, const Pass& pass, PassOf of = PassOf::model, StepWork* work = nullptr) {
    Spot spot;
    spot.of = of;
    spot.on = ranks_of(end.side, pass.stage);
    StepWork& its = work ? *work : work_;
    const bool first = writer_.last() < 0;
    for (Progress& p : progress_) {
      if (first) p.ready_on_host = end.on_host;  // tokens begin where they are looked up
      p.ready = moved(p.ready, p.ready_on_host, end, spot, pass, its);
      p.ready_on_host = end.on_host;
    }
    Compute compute = its.compute(end, pass, -1);
    all_ready({end.on_host ? writer_.host_compute(end.name, spot, everything_ready(), std::move(compute))
                           : writer_.compute(end.name, spot, everything_ready(), std::move(compute))});
  }

  /// What a stage waits for, once its tokens are where it computes.
  std::vector<int> moved(const std::vector<int>& after, bool on_host, const Stage& stage, const Spot& spot,
                         const Pass& pass, StepWork& work) {
    if (on_host == stage.on_host) return after;
    return {writer_.copy(stage.on_host ? "to-host" : "to-device", spot, after,
                         work.handover(stage, pass, spot.layer, stage.on_host))};
  }

  /// All stages work at once, each on another part of the requests, and hand them on; after as many turns as there
  /// are stages every request has passed all layers.
  void add_pipeline() {
    const int stages = shape_.layout.pipeline_parallel;
    const int each = static_cast<int>(shape_.model.layers.size()) / stages;
    const Stage send = next_stage_stage(shape_);
    const Stage gather = tensor_parallel_stage(shape_, "all-gather", Slot::enter, 1);
    for (int turn = 0; turn < stages; ++turn) {
      const auto part = [&](int stage) { return (stage - turn + stages) % stages; };
      const std::vector<int> begin = everything_ready();
      std::vector<int> ends;
      for (int stage = 0; stage < stages; ++stage) {
        all_ready(begin);
        if (stage == 0) add_end(embedding_, {Batches::whole_step, Tokens::all, stage, part(stage)});
        add_segment({kinds(stage * each, (stage + 1) * each), stage * each, Tokens::all, stage, part(stage)});
        if (stage == stages - 1) add_end(head_, {Batches::whole_step, Tokens::sampled, stage, part(stage)});
        const auto own = everything_ready();
        ends.insert(ends.end(), own.begin(), own.end());
      }
      const Pass pass{0, Tokens::all, -1, part(0)};
      all_ready({writer_.collective(send.name, {}, ends, work_.exchange(send, pass, -1))});
      if (shape_.layout.tensor_parallel > 1)
        all_ready({writer_.collective(gather.name, {}, everything_ready(), work_.exchange(gather, pass, -1))});
    }
  }

  void add_segment(const Segment& s) {
    std::vector<bool> experts;
    for (const LayerKind& kind : s.layers) experts.push_back(kind.layer.experts);
    for (const Issue& issue : overlap(shape_.execution.overlap).order(experts)) {
      if (issue.barrier) writer_.barrier();
      const LayerKind& kind = s.layers[static_cast<std::size_t>(issue.layer)];
      Spot spot{s.of, s.first_layer + issue.layer, issue.micro_batch, nullptr};
      StepWork& work = s.work != nullptr ? *s.work : work_;
      for (const Stage& stage : work.stages(kind)) {
        if (stage.slot != issue.slot) continue;
        spot.on = ranks_of(stage.side, s.stage);
        add_stage(stage, spot, {issue.micro_batch, s.tokens, s.stage, s.part}, work);
      }
    }
    writer_.no_barrier();
  }

  void add_stage(const Stage& stage, const Spot& spot, const Pass& pass, StepWork& work) {
    const bool forwards = stage.exchange && stage.exchange->leg == StageExchange::Leg::within;
    if (forwards && work.exchange(stage, pass, spot.layer).traffic->pairs() == 0) return;  // nodes of one GPU
    Progress& p = progress_[static_cast<std::size_t>(pass.micro_batch)];
    if (stage.finishes) {
      p.ready.push_back(writer_.compute(stage.name, spot, p.computed, work.compute(stage, pass, spot.layer)));
      return;
    }
    auto& lane = stage.routed ? p.routed : p.ready;
    bool& on_host = stage.routed ? p.routed_on_host : p.ready_on_host;
    std::vector<int> after = moved(lane, on_host, stage, spot, pass, work);
    if (!stage.fetch.empty()) after.push_back(add_fetch(stage, spot, pass, p, after, work));
    if (!stage.kernels) {
      lane = {writer_.collective(stage.name, spot, after, work.exchange(stage, pass, spot.layer))};
    } else if (stage.on_host) {
      lane = add_host_stage(stage, spot, pass, p, lane, after, work);
    } else {
      lane = {writer_.compute(stage.name, spot, after, work.compute(stage, pass, spot.layer), stage.opens_layer)};
      if (stage.ahead) p.uses[stage.name].push_back(lane[0]);
    }
    if (!stage.beside) {
      on_host = stage.on_host && !returns(stage, p);
      lane.insert(lane.end(), p.beside.begin(), p.beside.end());
      p.beside.clear();
    }
    if (stage.routed && stage.kernels) p.computed = lane;
    if (stage.forks) p.routed = p.ready;
    if (stage.forks) p.routed_on_host = p.ready_on_host;
    // What comes next needs the routed experts' result and the shared expert's (or whatever came before the latter).
    if (stage.joins) p.ready.insert(p.ready.end(), p.routed.begin(), p.routed.end());
  }

  /// Experts on the host of a layer whose other parts are on the GPU hand their result back at once; attention does.
  static bool returns(const Stage& stage, const Progress& p) {
    return stage.handed > 0 || (stage.routed && !p.ready_on_host);
  }

  /// What waits for the host's work waits for `lane` and the copy back of its result.
  std::vector<int> add_host_stage(const Stage& stage, const Spot& spot, const Pass& pass, Progress& p,
                                  const std::vector<int>& lane, const std::vector<int>& after, StepWork& work) {
    std::vector<int> done{writer_.host_compute(stage.name, spot, after, work.compute(stage, pass, spot.layer))};
    if (stage.beside || returns(stage, p))
      done = {writer_.copy("to-device", spot, done, work.handover(stage, pass, spot.layer, false))};
    if (!stage.beside) return done;
    p.beside = done;
    return lane;
  }

  /// Two layers' worth has room on the GPU: what is fetched ahead waits for the use of the one before the last.
  int add_fetch(const Stage& stage, const Spot& spot, const Pass& pass, Progress& p, const std::vector<int>& after,
                StepWork& work) {
    if (!stage.ahead) return writer_.copy(stage.fetch, spot, after, work.fetch(stage, pass, spot.layer));
    const auto& uses = p.uses[stage.name];
    std::vector<int> room;
    if (uses.size() >= 2) room.push_back(uses[uses.size() - 2]);
    return writer_.copy(stage.fetch, spot, room, work.fetch(stage, pass, spot.layer), true);
  }

  StepShape shape_;
  ProgramWriter writer_;
  StepWork work_;
  const Stage embedding_ = placed_end(shape_, embedding_stage(shape_));
  const Stage head_ = placed_end(shape_, head_stage(shape_));
  std::vector<Progress> progress_;               // by micro-batch
  std::map<std::pair<Side, int>, Ranks> ranks_;  // by side and stage of a pipeline
  std::optional<Drafter> drafter_;
};

}  // namespace

Program step_program(const Model& model, const Layout& layout, const Execution& execution, const Load& load,
                     const Machine& machine, std::uint64_t seed, const std::shared_ptr<KnownExchanges>& known) {
  const Model windowed = with_cache_window(model, execution.precision.kv_window);
  return StepBuilder{{windowed, layout, execution}, load, machine, seed, known}.build(load);
}

}  // namespace teapot

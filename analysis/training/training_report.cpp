// Words and numbers of a training step.
// Does not decide where they go.

#include "analysis/training/training_report.hpp"

#include <fmt/format.h>

#include <cmath>

#include "analysis/output/text_table.hpp"
#include "analysis/version.hpp"
#include "sim/input_file.hpp"

namespace teapot {
namespace {

struct Row {
  std::string name;  ///< as published figures call it
  std::string what;
  double value = 0;
};

std::vector<Row> part_rows(const TrainingResult& r) {
  const TrainingParts& p = r.parts;
  return {{"1F_s", "forward alone (1F)", p.forward.value},
          {"bubble_s", "waiting (bubble)", p.bubble.value},
          {"1B_s", "backward alone (1B)", p.backward.value},
          {"1W_s", "weights alone (1W)", p.weights.value},
          {"1F1B_s", "forward beside backward (1F1B)", p.pair.value},
          {"optimizer_s", "gradients and optimizer", p.optimizer.value}};
}

std::string words(double value) { return value < 0 ? "-" : fmt::format("{:.4g}", value); }

void add_row(TextTable& table, const TrainingScenario& s, const std::string& what, const std::string& name,
             double value, double scale, const std::string& share) {
  const auto found = s.published.figures.find(name);
  std::vector<std::string> cells{what, words(value * scale), share};
  if (found != s.published.figures.end()) {
    cells.push_back(words(found->second * scale));
    cells.push_back(fmt::format("{:+.1f}%", 100 * (value / found->second - 1)));
  }
  table.add(std::move(cells));
}

std::string inputs(const TrainingScenario& s) {
  const Training& t = s.training;
  std::string text =
      fmt::format("{} trained on {} GPUs ({}), fabric {}\n", s.model.name, s.gpus(), s.accelerator.name, s.fabric);
  text += fmt::format("{} sequences of {} tokens a step, {} micro-batches; {}, PP {}", t.global_batch,
                      t.sequence_tokens, t.pipeline.micro_batches, t.schedule, t.pipeline.ranks);
  if (t.pipeline.chunks > 1) text += fmt::format(" x {}", t.pipeline.chunks);
  text += fmt::format(", EP {}, TP {}, DP {}\n", t.layout.expert_parallel, t.layout.tensor_parallel, t.data_parallel());
  text += fmt::format("trainer {}, communication {}, seed {}\n", s.trainer, s.communication, s.seed);
  const char* found = s.groups == Blocks::alike    ? "alike, on links of their own: one is simulated"
                      : s.groups == Blocks::shared ? "share links: all are simulated, at the same moment"
                                                   : "are on unlike networks: all are simulated";
  text += fmt::format("groups of {} GPUs {}\n", s.group_gpus, found);
  for (const auto& warning : s.model.reading.warnings) text += "warning: " + one_line(warning) + '\n';
  return text;
}

std::string chunks_text(const TrainingResult& r) {
  TextTable table{{{"chunk"},
                   {"ms", TextTable::Align::right},
                   {"kernels ms", TextTable::Align::right},
                   {"runs", TextTable::Align::right}}};
  for (const ChunkTime& c : r.chunks)
    table.add({c.what, fmt::format("{:.2f}", c.time.value * 1e3), fmt::format("{:.2f}", c.compute.value * 1e3),
               fmt::format("{}", c.runs)});
  return table.to_text();
}

}  // namespace

std::map<std::string, double> training_figures(const TrainingResult& r) {
  std::map<std::string, double> figures{{"step_s", r.step.value},
                                        {"tokens_per_day", r.tokens_per_day()},
                                        {"mfu_causal", r.mfu_causal},
                                        {"mfu_noncausal", r.mfu_noncausal}};
  for (const Row& row : part_rows(r)) figures[row.name] = row.value;
  return figures;
}

std::string training_text(const TrainingScenario& s, const TrainingResult& r) {
  const bool published = !s.published.figures.empty();
  std::vector<TextTable::Column> columns{
      {"step"}, {"simulated", TextTable::Align::right}, {"share", TextTable::Align::right}};
  if (published) {
    columns.push_back({"published", TextTable::Align::right});
    columns.push_back({"error", TextTable::Align::right});
  }
  TextTable table{columns};
  for (const Row& row : part_rows(r))
    add_row(table, s, row.what + ", s", row.name, row.value, 1, fmt::format("{:.1f}%", 100 * row.value / r.step.value));
  add_row(table, s, "step, s", "step_s", r.step.value, 1, "100.0%");
  add_row(table, s, "tokens a day, billions", "tokens_per_day", r.tokens_per_day(), 1e-9, "");
  add_row(table, s, "MFU, whole attention, %", "mfu_noncausal", r.mfu_noncausal, 100, "");
  add_row(table, s, "MFU, causal, %", "mfu_causal", r.mfu_causal, 100, "");
  std::string text = inputs(s) + '\n' + table.to_text() + '\n' + chunks_text(r);
  const TrainingMemory& m = r.memory;
  text += fmt::format("\nmemory {} of {} a GPU: weights {}, gradients {}, optimizer {}, activations {}\n",
                      to_text(m.total()), to_text(s.accelerator.memory), to_text(m.weights), to_text(m.gradients),
                      to_text(m.optimizer), to_text(m.activations));
  if (s.training.pipeline.ranks > 1) text += fmt::format("a micro-batch to the next rank: {}\n", to_text(r.send));
  if (published) text += fmt::format("published: {}\n", one_line(s.published.source));
  return text + fmt::format("{} programs simulated in {:.1f} s\n", r.simulated_programs, r.wall_s);
}

std::string waterfall_text(const TrainingResult& r) {
  using Align = TextTable::Align;
  TextTable table{{{"part of the step"}, {""}, {"s", Align::right}, {"sum", Align::right}, {"of step", Align::right}}};
  Seconds sum;
  std::string group;
  for (const StepPart& part : step_waterfall(r)) {
    sum += part.time;
    table.add({part.group == group ? "" : part.group, part.name, fmt::format("{:.3f}", part.time.value),
               fmt::format("{:.3f}", sum.value), fmt::format("{:.1f}%", 100 * (part.time / r.step))});
    group = part.group;
  }
  return "Waterfall (means over the ranks of a pipeline)\n" + table.to_text("  ");
}

nlohmann::ordered_json waterfall_json(const TrainingResult& r) {
  auto parts = nlohmann::ordered_json::array();
  for (const StepPart& part : step_waterfall(r))
    parts.push_back({{"group", part.group}, {"part", part.name}, {"s", part.time.value}});
  return parts;
}

namespace {

nlohmann::ordered_json published_json(const PublishedStep& published) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : published.figures) json[name] = value;
  json["source"] = one_line(published.source);
  return json;
}

}  // namespace

nlohmann::ordered_json training_json(const TrainingScenario& s, const TrainingResult& r) {
  nlohmann::ordered_json json;
  json["scenario"] = s.name;
  json["phase"] = "training";
  json["model"] = s.model.name;
  json["accelerator"] = s.accelerator.name;
  json["fabric"] = s.fabric;
  json["gpus"] = s.gpus();
  json["step_s"] = r.step.value;
  const TrainingParts& p = r.parts;
  json["parts_s"] = {{"1F", p.forward.value}, {"bubble", p.bubble.value}, {"1B", p.backward.value},
                     {"1W", p.weights.value}, {"1F1B", p.pair.value},     {"optimizer", p.optimizer.value}};
  json["tokens_per_day"] = r.tokens_per_day();
  json["tokens_per_s_per_gpu"] = r.tokens_per_s / s.gpus();
  json["mfu_noncausal"] = r.mfu_noncausal;
  json["mfu_causal"] = r.mfu_causal;
  const TrainingMemory& m = r.memory;
  json["memory_bytes"] = m.total().value;
  json["memory"] = {{"weights_bytes", m.weights.value},
                    {"gradients_bytes", m.gradients.value},
                    {"optimizer_bytes", m.optimizer.value},
                    {"activations_bytes", m.activations.value}};
  auto& chunks = json["chunks"] = nlohmann::ordered_json::array();
  for (const ChunkTime& c : r.chunks)
    chunks.push_back(
        {{"what", c.what}, {"ms", c.time.value * 1e3}, {"kernels_ms", c.compute.value * 1e3}, {"runs", c.runs}});
  json["send_ms"] = r.send.value * 1e3;
  json["send_beside_exchanges_ms"] = r.send_beside.value * 1e3;
  json["micro_batches"] = s.training.pipeline.micro_batches;
  json["simulated_gpus"] = s.simulated_gpus();
  json["lower_bound"] = s.cost.kernels == 1 && s.cost.overlapped == 1;
  if (!s.published.figures.empty()) json["published"] = published_json(s.published);
  json["warnings"] = s.model.reading.warnings;
  json["wall_s"] = r.wall_s;
  json["seed"] = s.seed;
  json["version"] = version;
  return json;
}

}  // namespace teapot

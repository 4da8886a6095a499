// A training step: read, simulated and printed.
// Does not know how any part is computed.

#include "analysis/commands/run_training.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "analysis/output/output_file.hpp"
#include "analysis/output/progress_line.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/training/pipeline_trace.hpp"
#include "analysis/training/training_page.hpp"
#include "analysis/training/training_report.hpp"
#include "analysis/training/training_run.hpp"

namespace teapot::run_command {
namespace {

/// The pipeline's ranks as GPUs, the first one wanted looked into.
void write_pipeline(const TrainingOutputs& options, const TrainingScenario& scenario, const TrainingResult& result) {
  TraceSelection selection = options.selection;
  selection.counters = false;
  const int inside = selection.gpus.empty() ? 0 : selection.gpus.front();
  const bool all = selection.gpus.empty();
  for (int rank = 0; all && rank < scenario.training.pipeline.ranks; ++rank) selection.gpus.push_back(rank);
  const PipelineTrace trace = pipeline_trace(scenario, result, inside);
  write_trace(options.trace, trace.program, trace.timeline, trace.network, selection);
}

/// A training step is put together from simulated pieces: what looks at one program has nothing to look at.
void require_explicable(const std::string& part) {
  if (part.empty() || part == "all" || part == "waterfall") return;
  throw ConfigError(fmt::format(
      "--explain {}: not for phase: training (all, waterfall; ./teapot sensitivity says what binds)", part));
}

}  // namespace

void run_training(const Tree& tree, const std::string& name, const TrainingOutputs& options) {
  require_explicable(options.explain);
  const TrainingScenario scenario = read_training_scenario(tree, name);
  ProgressLine progress;
  const TrainingResult result =
      teapot::run_training(scenario, [&](double done) { progress("chunks are simulated", done); });
  progress.clear();
  auto object = training_json(scenario, result);
  if (!options.explain.empty()) object["explanation"] = {{"waterfall", waterfall_json(result)}};
  const std::string json = object.dump(2) + '\n';
  std::string text = training_text(scenario, result);
  if (!options.explain.empty()) text += '\n' + waterfall_text(result);
  if (!options.trace.empty()) write_pipeline(options, scenario, result);
  if (!options.html.empty()) write_file(options.html, training_page(scenario, result, to_yaml(tree)));
  if (!options.folder.empty()) {
    const std::filesystem::path folder = options.folder;
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (!std::filesystem::is_directory(folder))
      throw ConfigError(options.folder + ": cannot be made: " + error.message());
    write_file(folder / "summary.json", json);
    write_file(folder / "summary.txt", text);
    write_file(folder / "scenario.yaml", to_yaml(tree));
  }
  fmt::print("{}", options.json ? json : highlighted(text));
}

}  // namespace teapot::run_command

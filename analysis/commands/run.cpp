// ./teapot run: one scenario, simulated and summed up.
// Does not know how any part is computed.

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "analysis/commands.hpp"
#include "analysis/report.hpp"
#include "analysis/run.hpp"
#include "analysis/summary.hpp"

namespace teapot {
namespace {

struct RunOptions {
  std::string scenario;
  std::vector<std::string> sets;
  bool json = false;
};

/// A line that is written over while the simulation runs, on a terminal only, and gone at the end.
class ProgressLine {
 public:
  void operator()(double fraction) {
    if (!shown_) return;
    fmt::print(stderr, "\rsimulating {:3.0f}%", 100 * fraction);
    std::fflush(stderr);
    used_ = true;
  }
  void clear() {
    if (used_) fmt::print(stderr, "\r                \r");
  }

 private:
  bool shown_ = isatty(STDERR_FILENO) == 1;
  bool used_ = false;
};

void execute(const RunOptions& options) {
  const Scenario scenario = load_scenario(options.scenario, options.sets);
  ProgressLine progress;
  const Run result = run(scenario, [&progress](double fraction) { progress(fraction); });
  progress.clear();
  const Report sums = report(scenario, result.program, result.timeline);
  if (options.json) {
    fmt::print("{}\n", summary_json(scenario, result, sums).dump(2));
  } else {
    fmt::print("{}", summary_text(scenario, result, sums));
  }
}

}  // namespace

void add_run_command(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = app.add_subcommand("run", "Predict the TPOT of one scenario");
  command->add_option("scenario", options->scenario, "Scenario (YAML)")->required()->type_name("SCENARIO.yaml");
  command->add_option("--set", options->sets, "Change a key, e.g. --set decode.overlap=none (may be repeated)")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--json", options->json, "Print one JSON object");
  command->footer(
      "Examples:\n"
      "  ./teapot run examples/deepseek-v3-h800.yaml\n"
      "  ./teapot run examples/deepseek-v3-h800.yaml --set decode.overlap=none --json");
  command->callback([options] { execute(*options); });
}

}  // namespace teapot

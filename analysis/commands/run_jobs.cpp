// Several jobs on one fabric: read, simulated and printed.
// Does not know how any part is computed.

#include "analysis/commands/run_jobs.hpp"

#include <fmt/format.h>

#include "analysis/output/progress_line.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/run/jobs_run.hpp"

namespace teapot::run_command {

void run_jobs(const Tree& tree, const std::string& name, bool json, const std::vector<std::string>& of_one) {
  constexpr const char* options[] = {"--explain", "--trace", "--html", "--out"};
  for (std::size_t i = 0; i < of_one.size(); ++i) {
    if (of_one[i].empty()) continue;
    throw ConfigError(fmt::format("{}: not for several jobs, which `run` and `run --json` report", options[i]));
  }
  const JobsScenario scenario = read_jobs(tree, name);
  ProgressLine progress;
  const JobsResult result = teapot::run_jobs(scenario, [&](double done) { progress("steps of all jobs", done); });
  progress.clear();
  fmt::print("{}", json ? jobs_json(scenario, result).dump(2) + '\n' : highlighted(jobs_text(scenario, result)));
}

}  // namespace teapot::run_command

// Replays whole decode steps: a scenario is run, and figures of its report are compared.
// Knows no case by name.

#include <algorithm>
#include <map>
#include <sstream>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/validation/validation.hpp"

namespace teapot {
namespace {

/// Mean time of one call, summed over the operators named in "a+b+c".
Seconds time_of_call(const Report& report, const std::string& names, const Config& place) {
  Seconds sum;
  std::istringstream stream{names};
  for (std::string name; std::getline(stream, name, '+');) {
    const auto found = std::find_if(report.operators.begin(), report.operators.end(),
                                    [&](const OperatorTime& one) { return one.name == name; });
    if (found == report.operators.end()) place.fail("the step has no operator " + name);
    sum += found->busy / found->count;
  }
  return sum;
}

/// Mean over calls of the time on the GPU that takes longest.
Seconds time_of_slowest(const Run& run, const std::string& name, const Config& place) {
  Seconds sum;
  int calls = 0;
  for (int op = 0; op < run.timeline.operators; ++op) {
    if (run.program.operators[static_cast<std::size_t>(op)].name != name) continue;
    Seconds longest;
    for (int rank = 0; rank < run.timeline.ranks; ++rank) {
      if (!run.timeline.ran(op, rank)) continue;
      longest = std::max(longest, run.timeline.end(op, rank) - run.timeline.start(op, rank));
    }
    sum += longest;
    ++calls;
  }
  if (calls == 0) place.fail("the step has no operator " + name);
  return sum / calls;
}

struct Step {
  Run run;
  Report report;
};

double figure(const Step& step, const std::string& quantity, const Config& place) {
  if (quantity == "step_ms") return step.report.step.value * 1e3;
  if (quantity == "tokens_per_s_per_gpu") return step.report.tokens_per_s_per_gpu;
  const std::string call = "call_us ";
  if (quantity.starts_with(call)) return time_of_call(step.report, quantity.substr(call.size()), place).value * 1e6;
  const std::string slowest = "slowest_us ";
  if (quantity.starts_with(slowest))
    return time_of_slowest(step.run, quantity.substr(slowest.size()), place).value * 1e6;
  place.fail("unknown quantity (allowed: step_ms, tokens_per_s_per_gpu, call_us a+b, slowest_us a)");
}

Step simulated(const Tree& tree, const std::string& name) {
  const Scenario s = read_scenario(tree, name);
  Run result = run(s);
  Report sums = report(s, result.program, result.timeline);
  return {std::move(result), std::move(sums)};
}

}  // namespace

void replay_steps(const Config& config, Validation& validation) {
  const auto rows = case_rows(config);
  const Tree base = config.at("scenario").tree();
  std::map<std::string, Step> steps;  // by scenario: rows may be several figures of one
  for (const auto& row : rows) {
    Tree tree = row.scenario(base);
    if (row.use() == Use::bound) set_path(tree, "decode.runtime", parse_yaml("ideal", "validation"));
    const std::string key = to_yaml(tree);
    if (!steps.contains(key)) {
      if (row.varies()) steps.clear();  // as many timelines as rows need not be kept
      steps.emplace(key, simulated(tree, validation.name));
    }
    const Config& quantity = row.cell("quantity");
    validation.rows.push_back({row.label(), row.cell("measured").as_positive<double>(),
                               figure(steps.at(key), quantity.as<std::string>(), quantity), row.use()});
  }
}

}  // namespace teapot

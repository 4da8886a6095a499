// Replays whole decode steps: a scenario is run, and figures of its report are compared.
// Knows no case by name.

#include <sstream>

#include "analysis/report.hpp"
#include "analysis/run.hpp"
#include "analysis/validation.hpp"

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

double figure(const Report& report, const std::string& quantity, const Config& place) {
  if (quantity == "step_ms") return report.step.value * 1e3;
  if (quantity == "tokens_per_s_per_gpu") return report.tokens_per_s_per_gpu;
  const std::string prefix = "call_us ";
  if (quantity.starts_with(prefix)) return time_of_call(report, quantity.substr(prefix.size()), place).value * 1e6;
  place.fail("unknown quantity (allowed: step_ms, tokens_per_s_per_gpu, call_us a+b)");
}

Report run_report(const Tree& tree, const std::string& name) {
  const Scenario s = read_scenario(tree, name);
  const Run result = run(s);
  return report(s, result.program, result.timeline);
}

}  // namespace

void replay_steps(const Config& config, Validation& validation) {
  const auto rows = case_rows(config);
  const Tree base = config.at("scenario").tree();
  Tree ideal = base;
  set_path(ideal, "decode.runtime", parse_yaml("ideal", "validation"));
  const Report with_runtime = run_report(base, validation.name);
  const Report alone = run_report(ideal, validation.name);
  for (const auto& row : rows) {
    const Config& quantity = row.cell("quantity");
    const Report& of = row.use() == Use::bound ? alone : with_runtime;
    validation.rows.push_back({row.label(), row.cell("measured").as_positive<double>(),
                               figure(of, quantity.as<std::string>(), quantity), row.use()});
  }
}

}  // namespace teapot

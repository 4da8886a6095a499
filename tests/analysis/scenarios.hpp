#pragma once
// Scenarios written in tests, and runs of them.

#include <string>
#include <vector>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/scenario/scenario.hpp"

namespace teapot::testing {

inline std::string project_file(const std::string& path) { return std::string{TEAPOT_HOME} + '/' + path; }

inline Scenario scenario(const std::string& yaml, const std::vector<std::string>& sets = {}) {
  Tree tree = parse_yaml(yaml, "test.yaml");
  for (const auto& set : sets) apply_set(tree, set);
  return read_scenario(tree, "test");
}

inline Scenario example(const std::string& name, const std::vector<std::string>& sets = {}) {
  return load_scenario(project_file("examples/" + name + ".yaml"), sets);
}

inline Report result(const Scenario& s) {
  const Run r = run(s);
  return report(s, r.program, r.timeline);
}

}  // namespace teapot::testing

#pragma once
// Pages for tests: of a small run, of a sweep with made-up points, of a comparison.

#include <cmath>
#include <string>

#include "analysis/output/html/html_report.hpp"
#include "analysis/run/summary.hpp"
#include "tests/analysis/scenarios.hpp"

namespace teapot::testing {

inline Scenario small_scenario() {
  return example("deepseek-v3-h800", {"deployment.gpus=16", "deployment.expert_parallel=16",
                                      "accelerator={from: h800, memory: 400 GiB}", "decode.routing.load=uniform"});
}

inline std::string run_page() {
  const Scenario s = small_scenario();
  const Run r = run(s);
  return html_report(s, r, report(s, r.program, r.timeline), explain(s, r));
}

/// Points on a circle's arc, so that some are beaten and some are not; three fabrics.
inline std::string sweep_page(int points) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  const char* fabrics[] = {"h800-mpft", "h800-ft3", "slim-fly"};
  for (int p = 0; p < points; ++p) {
    const double angle = 1.5 * p / points;
    rows.push_back({{"point", p},
                    {"fabric", fabrics[p % 3]},
                    {"status", "ok"},
                    {"tpot_ms", 60 - 30 * std::sin(angle) + p % 3},
                    {"usd_per_gpu", 40000 - 4000 * std::cos(angle) + 100 * (p % 5)},
                    {"tokens_per_s_per_gpu", 1000 + 10.0 * p},
                    {"breakdown_ms", {{"attention", 20 + 0.1 * p}, {"combine", 3.0}}},
                    {"resources", {1, 2}}});
  }
  return html_sweep("fabrics", rows, "base: deepseek-v3-h800.yaml\naxes: {fabric: [h800-mpft, h800-ft3, slim-fly]}\n");
}

inline std::string comparison_page() {
  std::vector<nlohmann::ordered_json> results;
  for (const char* overlap : {"dual-micro-batch", "none"}) {
    Scenario s = small_scenario();
    s.execution.overlap = overlap;
    s.name = overlap;
    const Run r = run(s);
    results.push_back(summary_json(s, r, report(s, r.program, r.timeline)));
  }
  return html_comparison(results);
}

}  // namespace teapot::testing

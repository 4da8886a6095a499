// Golden figures: TPOT and breakdown of every example, to 1e-9. `ninja -C build update_golden` rewrites them; a changed
// figure needs a line in the changelog that says why.

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "analysis/run/summary.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

nlohmann::ordered_json figures(const std::string& name) {
  const Scenario s = example(name);
  const Run r = run(s);
  const auto json = summary_json(s, r, report(s, r.program, r.timeline));
  nlohmann::ordered_json kept;
  for (const char* key :
       {"tpot_ms", "step_ms", "breakdown_ms", "compute_ms", "communication_ms", "simulated_collectives"}) {
    kept[key] = json[key];
  }
  return kept;
}

void check_same(const nlohmann::ordered_json& golden, const nlohmann::ordered_json& now, const std::string& where) {
  INFO(where);
  if (golden.is_object()) {
    CHECK(golden.size() == now.size());
    for (const auto& [key, value] : golden.items()) {
      REQUIRE(now.contains(key));
      check_same(value, now[key], where + '.' + key);
    }
  } else {
    CHECK(now.get<double>() == doctest::Approx(golden.get<double>()).epsilon(1e-9));
  }
}

}  // namespace

TEST_CASE("golden: every example predicts what it predicted") {
  int examples = 0;
  for (const auto& entry : std::filesystem::directory_iterator{project_file("examples")}) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() != ".yaml" || name.starts_with("sweep-") || name.starts_with("optimize-") ||
        name.starts_with("serve-") || name.starts_with("train-") || name.starts_with("jobs-"))
      continue;
    ++examples;
    const auto file = project_file("tests/golden/" + name + ".json");
    if (std::getenv("TEAPOT_UPDATE_GOLDEN") != nullptr) {
      std::ofstream{file} << figures(name).dump(2) << '\n';
    }
    CAPTURE(name);
    REQUIRE(std::filesystem::exists(file));
    check_same(nlohmann::ordered_json::parse(std::ifstream{file}), figures(name), name);
  }
  CHECK(examples >= 4);
}

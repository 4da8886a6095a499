// The sweeps that the project ships, at small size.
// Knows what each of them is about.

#include <doctest/doctest.h>

#include <map>

#include "analysis/sweep/sweep.hpp"
#include "tests/analysis/sweep/scratch.hpp"

namespace teapot {
namespace {

SweepSummary example_sweep(const Scratch& scratch, const std::string& name, const std::vector<std::string>& sets) {
  SweepOptions o;
  o.file = std::string{TEAPOT_HOME} + "/examples/" + name + ".yaml";
  o.folder = scratch.file(name);
  o.sets = sets;
  return run_sweep(o);
}

std::string text_in(const ResultTable& table, std::size_t row, const char* column) {
  const Json& value = table.rows[row][*table.column(column)];
  return value.is_string() ? value.get<std::string>() : "";
}

}  // namespace

TEST_CASE("sweep: the examples at small size give a row for each point, and none fails") {
  const Scratch scratch;
  for (const char* name : {"sweep-fabrics", "sweep-batch-context", "sweep-ep", "sweep-nic-bandwidth"}) {
    CAPTURE(name);
    SweepOptions o;
    o.file = std::string{TEAPOT_HOME} + "/examples/" + name + ".yaml";
    o.folder = scratch.file(name);
    o.sets = {"model={from: deepseek-v3, layers: 4}"};
    const auto summary = run_sweep(o);
    CHECK(summary.table.missing() == 0);
    CHECK(summary.table.failed == 0);
    CHECK(summary.table.points >= 3);
  }
}

TEST_CASE("sweep: GPU or CPU: a time on every machine that holds the model, and no fit said of the others") {
  const Scratch scratch;
  const ResultTable table = example_sweep(scratch, "sweep-gpu-or-cpu", {}).table;
  REQUIRE(table.rows.size() == 72);
  std::map<std::string, std::map<std::string, double>> tpot;  // by model and format, then machine
  for (std::size_t row = 0; row < table.rows.size(); ++row) {
    const std::string model = text_in(table, row, "model") + ' ' + text_in(table, row, "weights");
    const std::string error = text_in(table, row, "error");
    CAPTURE(model);
    CAPTURE(error);
    if (const auto ms = table.number(row, "tpot_ms")) {
      tpot[model][text_in(table, row, "machine")] = *ms;
      CHECK(table.number(row, "usd_per_million_tokens").value_or(0) > 0);
    } else {
      CHECK(error.find("does not fit") != std::string::npos);
    }
  }
  CHECK(tpot["deepseek-v3 int4"].size() == 2);  // CPUs alone have the memory
  for (const auto& [model, on] : tpot) {
    CAPTURE(model);
    if (on.contains("h100") && on.contains("rtx-4090")) CHECK(on.at("h100") < on.at("rtx-4090"));
    if (on.contains("rtx-4090")) CHECK(on.at("rtx-4090") < on.at("two-cpus"));
    if (on.contains("one-cpu")) CHECK(on.at("two-cpus") < on.at("one-cpu"));
  }
}

TEST_CASE("sweep: cache on the hosts, on fewer GPUs: more of it is never faster, nor is traffic without priority") {
  const Scratch scratch;
  const ResultTable table =
      example_sweep(scratch, "sweep-kv-offload",
                    {"model={from: deepseek-v3, layers: 4}", "deployment.gpus=32", "deployment.requests_per_gpu=32"})
          .table;
  REQUIRE(table.rows.size() == 18);
  CHECK(table.failed == 0);
  std::map<std::string, std::vector<double>> tpot;  // by priority, with the part on the host
  for (std::size_t row = 0; row < table.rows.size(); ++row)
    tpot[text_in(table, row, "priority")].push_back(table.number(row, "tpot_ms").value());
  REQUIRE(tpot.at("normal").size() == 9);
  for (std::size_t i = 0; i < 9; ++i) {
    CHECK(tpot["high"][i] <= tpot["normal"][i] * (1 + 1e-9));
    if (i > 0) CHECK(tpot["high"][i] >= tpot["high"][i - 1] * (1 - 1e-9));
  }
}

}  // namespace teapot

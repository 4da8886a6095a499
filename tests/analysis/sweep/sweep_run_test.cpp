// Sweeps in folders: what is reused, what is refused, and that it does not matter who computed what.
// Simulates small scenarios.

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "analysis/explain/binding.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/sweep/point_key.hpp"
#include "analysis/sweep/sweep.hpp"
#include "sim/catalogue.hpp"
#include "sim/input_file.hpp"
#include "tests/analysis/sweep/scratch.hpp"

namespace teapot {
namespace {

namespace fs = std::filesystem;

const char* small_base =
    "base: {model: deepseek-v2-lite, fabric: {from: h800-mpft, nodes: 4}, "
    "deployment: {gpus: 16, requests_per_gpu: 16}, decode: {routing: {load: uniform}}}\n";

std::string sweep_file(const Scratch& scratch, const std::string& axes, const std::string& name = "s.yaml") {
  write_file(scratch.file(name), small_base + axes);
  return scratch.file(name);
}

SweepOptions options(const Scratch& scratch, const std::string& axes, const std::string& folder, int workers = 1) {
  SweepOptions o;
  o.file = sweep_file(scratch, axes);
  o.folder = scratch.file(folder);
  o.workers = workers;
  return o;
}

std::string content(const std::string& file) { return read_input(file, most_table_bytes); }

const char* four_points = "axes: {fabric.nic_bandwidth: [100 Gbps, 50 GB/s], deployment.requests_per_gpu: [8, 16]}\n";

}  // namespace

TEST_CASE("sweep: one worker, two workers and shards write the same bytes") {
  const Scratch scratch;
  const auto one = run_sweep(options(scratch, four_points, "one", 1));
  CHECK(one.simulated == 4);
  CHECK(one.table.failed == 0);
  run_sweep(options(scratch, four_points, "two", 2));
  for (int shard = 1; shard <= 3; ++shard) {
    auto o = options(scratch, four_points, "shards");
    o.shard = shard;
    o.shards = 3;
    run_sweep(o);
  }
  collect_sweep(scratch.file("shards"));
  for (const char* name : {"/results.csv", "/results.json", "/plan.json"}) {
    CHECK(content(scratch.file("one") + name) == content(scratch.file("two") + name));
    CHECK(content(scratch.file("one") + name) == content(scratch.file("shards") + name));
  }
}

TEST_CASE("sweep: points over platform files are all simulated, by one worker, one after another") {
  const Scratch scratch;
  const std::string file = home() + "/examples/own-platform.xml";
  fs::copy_file(file, scratch.file("other.xml"));
  write_file(scratch.file("s.yaml"),
             "base: {model: llama-3.1-8b, accelerator: h100, platform: " + file +
                 ", deployment: {gpus: 4, tensor_parallel: 2, requests_per_gpu: 8}, decode: {communication: nccl}}\n"
                 "axes: {platform: [" +
                 file + ", " + scratch.file("other.xml") + "], deployment.context_tokens: [1024, 2048]}\n");
  SweepOptions o;
  o.file = scratch.file("s.yaml");
  o.folder = scratch.file("out");
  o.workers = 1;
  const auto summary = run_sweep(o);
  CHECK(summary.simulated == 4);
  CHECK(summary.table.failed == 0);
}

TEST_CASE(
    "sweep: a second run does nothing, a larger sweep only what is new, a changed data file everything it touches") {
  const Scratch scratch;
  write_file(scratch.file("fabric.yaml"), "{from: h800-mpft, nodes: 4}");
  const std::string axes = "axes: {fabric: [fabric.yaml, h800-mpft], deployment.requests_per_gpu: [8]}\n";
  const auto first = run_sweep(options(scratch, axes, "out"));
  CHECK(first.simulated == 2);
  const std::string csv = content(scratch.file("out/results.csv"));
  const auto second = run_sweep(options(scratch, axes, "out"));
  CHECK(second.simulated == 0);
  CHECK(second.reused == 2);
  CHECK(content(scratch.file("out/results.csv")) == csv);
  write_file(scratch.file("fabric.yaml"), "{from: h800-mpft, nodes: 4, nic_bandwidth: 100 Gbps}");
  const auto changed = run_sweep(options(scratch, axes, "out"));
  CHECK(changed.simulated == 1);
  CHECK(changed.reused == 1);
  CHECK(content(scratch.file("out/results.csv")) != csv);
  auto larger =
      options(scratch, "axes: {fabric: [fabric.yaml, h800-mpft], deployment.requests_per_gpu: [8, 16]}\n", "out");
  CHECK_THROWS_WITH_AS(run_sweep(larger), doctest::Contains("holds another sweep"), ConfigError);
  larger.replace = true;
  const auto replaced = run_sweep(larger);
  CHECK(replaced.simulated == 2);
  CHECK(replaced.reused == 2);
}

TEST_CASE("sweep: a point that fails is recorded with its error, and the others are done") {
  const Scratch scratch;
  const char* axes = "axes: {deployment.gpus: [16, 17, 99]}\n";
  const auto summary = run_sweep(options(scratch, axes, "out", 2));
  REQUIRE(summary.table.rows.size() == 3);
  CHECK(summary.table.failed == 2);
  CHECK(summary.table.number(0, "tpot_ms"));
  CHECK_FALSE(summary.table.number(2, "tpot_ms"));
  CHECK(summary.table.rows[2].back().get<std::string>().find("99") != std::string::npos);
  CHECK(run_sweep(options(scratch, axes, "out")).simulated == 0);
  auto again = options(scratch, axes, "out");
  again.retry = true;
  CHECK(run_sweep(again).simulated == 2);
}

TEST_CASE("sweep: repeats give the mean and the spread over seeds") {
  const Scratch scratch;
  const auto summary = run_sweep(options(scratch, "axes: {deployment.requests_per_gpu: [8]}\nrepeats: 3\n", "out"));
  CHECK(summary.simulated == 3);
  REQUIRE(summary.table.rows.size() == 1);
  double sum = 0, squares = 0;
  std::vector<double> tpot;
  for (int seed = 1; seed <= 3; ++seed) {
    Tree tree = parse_yaml(small_base, "s").find("base")[0];
    apply_set(tree, "deployment.requests_per_gpu=8");
    apply_set(tree, "simulation.seed=" + std::to_string(seed));
    const Scenario s = read_scenario(tree, "s");
    const Run r = run(s);
    tpot.push_back(report(s, r.program, r.timeline).tpot.value * 1e3);
    sum += tpot.back();
  }
  for (const double t : tpot) squares += (t - sum / 3) * (t - sum / 3);
  CHECK(*summary.table.number(0, "tpot_ms") == doctest::Approx(sum / 3).epsilon(1e-12));
  CHECK(*summary.table.number(0, "tpot_ms_sd") == doctest::Approx(std::sqrt(squares / 2)).epsilon(1e-9));
  CHECK(*summary.table.number(0, "tpot_ms_sd") > 0);
}

TEST_CASE("sweep: the resolved scenario of a point gives the same TPOT when it is run") {
  const Scratch scratch;
  const auto summary = run_sweep(options(scratch, "axes: {deployment.requests_per_gpu: [8]}\n", "out"));
  const auto key = summary.table.rows[0][*summary.table.column("key")].get<std::string>();
  const Scenario s = load_scenario(scratch.file("out/points/" + key + ".yaml"));
  const Run r = run(s);
  CHECK(report(s, r.program, r.timeline).tpot.value * 1e3 == *summary.table.number(0, "tpot_ms"));
}

TEST_CASE("sweep: with --binding each point names the resource that `run` finds, and is another result than without") {
  const Scratch scratch;
  const std::string axes = "axes: {deployment.requests_per_gpu: [8]}\n";
  auto asked = options(scratch, axes, "out");
  asked.binding = true;
  const auto summary = run_sweep(asked);
  const auto key = summary.table.rows[0][*summary.table.column("key")].get<std::string>();
  const Scenario s = load_scenario(scratch.file("out/points/" + key + ".yaml"));
  const Run r = run(s);
  const auto binding = find_binding(s, r, report(s, r.program, r.timeline));
  REQUIRE(binding);
  CHECK(summary.table.rows[0][*summary.table.column("binding")].get<std::string>() == binding->resource);
  CHECK(*summary.table.number(0, "binding_gain_percent") == doctest::Approx(binding->gain * 100).epsilon(1e-9));
  const auto without = run_sweep(options(scratch, axes, "without"));
  CHECK(without.table.rows[0][*without.table.column("key")].get<std::string>() != key);
  CHECK(!without.table.column("binding"));
}

TEST_CASE("sweep: columns carry units, and the last axis turns fastest") {
  const Scratch scratch;
  const auto summary = run_sweep(options(scratch, four_points, "out"));
  CHECK(summary.table.axes == std::vector<std::string>{"nic_bandwidth_Gbps", "requests_per_gpu"});
  CHECK(*summary.table.number(1, "nic_bandwidth_Gbps") == 100);
  CHECK(*summary.table.number(2, "nic_bandwidth_Gbps") == 400);
  CHECK(*summary.table.number(1, "requests_per_gpu") == 16);
}

TEST_CASE("sweep: conditions drop points, and a folder with other things is left alone") {
  const Scratch scratch;
  const std::string axes =
      std::string{four_points} + "drop: [deployment.requests_per_gpu > 8 and fabric.nic_bandwidth < 40 GB/s]\n";
  const auto summary = run_sweep(options(scratch, axes, "out"));
  CHECK(summary.dropped == 1);
  CHECK(summary.table.points == 3);
  fs::create_directories(scratch.file("other"));
  write_file(scratch.file("other/thesis.tex"), "do not lose me");
  CHECK_THROWS_WITH_AS(run_sweep(options(scratch, four_points, "other")), doctest::Contains("holds no sweep"),
                       ConfigError);
  CHECK(content(scratch.file("other/thesis.tex")) == "do not lose me");
  CHECK_THROWS_WITH_AS(collect_sweep(scratch.file("other")), doctest::Contains("holds no sweep"), ConfigError);
}

TEST_CASE("sweep: two at work in one folder is an error, and so is the same shard twice") {
  const Scratch scratch;
  const SweepFolder held{scratch.file("out"), {FolderUse::Kind::sweep, 0, 0}};
  CHECK_THROWS_WITH_AS(run_sweep(options(scratch, four_points, "out")), doctest::Contains("another sweep is at work"),
                       ConfigError);
  SweepFolder shard{scratch.file("shards"), {FolderUse::Kind::shard, 1, 2}};
  shard.share();
  const SweepFolder other{scratch.file("shards"), {FolderUse::Kind::shard, 2, 2}};
  CHECK_FALSE(other.alone());
  CHECK_THROWS_WITH_AS((SweepFolder{scratch.file("shards"), {FolderUse::Kind::shard, 1, 2}}),
                       doctest::Contains("shard 1/2 is at work already"), ConfigError);
}

TEST_CASE("sweep: a result that is cut short counts as missing") {
  const Scratch scratch;
  const auto summary = run_sweep(options(scratch, "axes: {deployment.requests_per_gpu: [8]}\n", "out"));
  const auto key = summary.table.rows[0][*summary.table.column("key")].get<std::string>();
  const std::string file = scratch.file("out/points/" + key + ".json");
  const std::string whole = content(file);
  write_file(file, whole.substr(0, whole.size() / 2));
  const auto again = run_sweep(options(scratch, "axes: {deployment.requests_per_gpu: [8]}\n", "out"));
  CHECK(again.simulated == 1);
  CHECK(content(file) == whole);
}

}  // namespace teapot

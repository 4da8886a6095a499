// Validation: how errors are judged, how a case is read, and what the published measurements say of the model.

#include "analysis/validation/validation.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "analysis/validation/groups.hpp"
#include "analysis/validation/page.hpp"
#include "analysis/validation/serving.hpp"
#include "sim/catalogue.hpp"

using namespace teapot;

namespace {

Validation of_errors(std::vector<double> errors, Use use = Use::check) {
  Validation one;
  one.title = "made up";
  one.kind = "kernel";
  one.unit = "us";
  for (const double error : errors) one.rows.push_back({"row", 100, 100 * (1 + error), use});
  return one;
}

Validation replayed(const std::string& name) {
  return validate(home() + "/analysis/validation/cases/" + name + ".yaml");
}

struct TemporaryFile {
  std::string path = (std::filesystem::temp_directory_path() / "teapot-validation-test.yaml").string();
  explicit TemporaryFile(const std::string& text) { std::ofstream{path} << text; }
  ~TemporaryFile() { std::filesystem::remove(path); }
};

std::string complaint(const std::string& text) {
  const TemporaryFile file{text};
  try {
    validate(file.path);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("validation: quantiles are of absolute errors, and bounds are not counted among them") {
  Validation one = of_errors({-0.02, 0.01, 0.04, -0.08, 0.16});
  CHECK(one.median() == doctest::Approx(0.04).epsilon(1e-9));
  CHECK(one.tenth() == doctest::Approx(0.08 + 0.6 * 0.08).epsilon(1e-9));  // 0.9 * 4 = 3.6: between the last two
  CHECK(one.worst() == doctest::Approx(0.16).epsilon(1e-9));
  one.rows.push_back({"ideal", 100, 50, Use::bound});
  CHECK(one.worst() == doctest::Approx(0.16).epsilon(1e-9));
}

TEST_CASE("validation: a case holds where every limit is kept and no bound is exceeded") {
  Validation one = of_errors({0.01, 0.05});
  CHECK(one.holds());
  one.worst_limit = 0.04;
  CHECK_FALSE(one.holds());
  one.worst_limit = 0.06;
  CHECK(one.holds());
  one.rows.push_back({"ideal", 100, 101, Use::bound});
  CHECK_FALSE(one.holds());
}

TEST_CASE("validation: a mistake in a case is named with its place") {
  const std::string head = "title: t\nsource: s\nkind: step\nscenario: {deployment: {gpus: 8}}\n";
  CHECK(complaint("title: t\nsource: s\nkind: guess\n").find("kind") != std::string::npos);
  CHECK(complaint(head + "columns: [quantity, measured]\nrows:\n  - [step_ms]\n").find("1 cells, expected 2") !=
        std::string::npos);
}

TEST_CASE("validation: every case has rows, a title and a source") {
  CHECK(validation_cases().size() >= 20);
  for (const auto& file : validation_cases()) {
    CAPTURE(file);
    const Config config = Config::load(file);
    CHECK_FALSE(config.get<std::string>("title").empty());
    CHECK_FALSE(config.get<std::string>("source").empty());
  }
}

TEST_CASE("validation: page and plot show every case") {
  std::vector<Validation> cases{of_errors({0.01, -0.02})};
  cases.front().worst_limit = 0.015;
  const std::string page = validation_page(cases, "plot.svg", "curves.svg", "Nowhere.");
  CHECK(page.find("| made up | 2 | no | 1.5% | 1.9% | 2.0% (≤ 1.5%) | **no** |") != std::string::npos);
  CHECK(page.find("](plot.svg)") != std::string::npos);
  CHECK(page.find("| row | 100 | 98 | -2.0% | check |") != std::string::npos);
  const std::string plot = validation_plot(cases);
  // 100 us is two of six decades: 70 + 480 / 3
  CHECK(plot.find("<circle cx=\"230.0\"") != std::string::npos);
  CHECK(plot.ends_with("</svg>\n"));
}

TEST_CASE("serving points: the chance of a draft follows from the tokens that a step gave") {
  CHECK(acceptance_of(1 + 0.8 + 0.8 * 0.8 + 0.8 * 0.8 * 0.8, 3) == doctest::Approx(0.8).epsilon(1e-9));
  CHECK(acceptance_of(1.85, 1) == doctest::Approx(0.85).epsilon(1e-9));
  CHECK(acceptance_of(1, 3) == doctest::Approx(0).epsilon(1e-9));
}

TEST_CASE("serving points: requests of lengths drawn from nothing to twice the mean have written two thirds of it") {
  const Config drawn = Config::load(home() + "/analysis/validation/cases/cookbook.yaml");
  const ServingPoint point = serving_points_of(drawn).front();
  CHECK(point.context() == doctest::Approx(610 + 0.667 * 421));
  const Config stated = Config::load(home() + "/analysis/validation/cases/serving.yaml");
  CHECK(serving_points_of(stated).front().context() == doctest::Approx(0.9 * (1024 + 512)));
}

TEST_CASE("published: DeepEP low latency on H800, pure RDMA, EP 8 to 256") {
  const Validation one = replayed("deepep-low-latency-h800");
  CHECK(one.rows.size() == 12);
  CHECK(one.median() < 0.03);
  CHECK(one.worst() < 0.08);
}

TEST_CASE("published: DeepEP low latency with NVLink within the node, H800") {
  CHECK(replayed("deepep-low-latency-h800-nvlink").worst() < 0.15);
}

TEST_CASE("published: DeepEP low latency with NVLink within the node, H100") {
  const Validation h100 = replayed("deepep-low-latency-h100");
  CHECK(h100.median() < 0.08);
  CHECK(h100.worst() < 0.25);
}

TEST_CASE("published: one-sided exchange on GB200") { CHECK(replayed("nvlink-one-sided-gb200").median() < 0.10); }

TEST_CASE("published: one-sided exchange on GB200 at sizes of the group that no constant was fitted on") {
  const Validation wide = replayed("nvlink-one-sided-gb200-wide");
  CHECK(wide.rows.size() == 50);
  CHECK(wide.holds());
}

TEST_CASE("published: DeepEP's throughput kernels on the multi-plane network") {
  CHECK(replayed("deepep-normal-mpft").worst() < 0.10);
}

TEST_CASE("published: DeepSeek's decode profile, its step and its parts") {
  const Validation one = replayed("deepseek-decode-profile");
  CHECK(one.holds());
  for (const auto& row : one.rows) {
    CAPTURE(row.what);
    if (row.use == Use::bound) continue;  // holds() sees to it: an ideal stack is no slower, by how much is not said
    CHECK(std::abs(row.error()) < (row.what.starts_with("call_us") ? 0.10 : 0.05));
  }
}

TEST_CASE("published: experts of one layer on accelerators whose efficiencies were fitted on another") {
  for (const char* name : {"experts-h200", "experts-b200"}) {
    CAPTURE(name);
    const Validation one = replayed(name);
    CHECK(one.median() < 0.05);
    CHECK(one.holds());
  }
}

TEST_CASE("published: steps, skewed experts and all-to-alls that nothing was fitted on") {
  for (const char* name :
       {"sglang-qwen3-h20", "skewed-experts-h100", "skewed-experts-gb200", "all-to-all-planes-and-rails"}) {
    CAPTURE(name);
    CHECK(replayed(name).holds());
  }
}

TEST_CASE("published: whole steps of wide expert parallelism, of which no constant was solved") {
  for (const char* name : {"sglang-h100", "vllm-h200", "sglang-gb200", "sglang-wide-ep"}) {
    CAPTURE(name);
    CHECK(replayed(name).holds());
  }
}

TEST_CASE("published: the time to the first token of whole servers before which nothing queues") {
  const Validation one = replayed("first-token");
  CHECK(one.rows.size() > 250);
  CHECK(one.holds());  // 20% in the median, and nothing is fitted on it
}

TEST_CASE("validation: every measured serving point is read, and those judged make a scenario that runs") {
  const Validation one = replayed("serving");
  int aside = 0;
  for (const auto& [reason, points] : one.aside) aside += points;
  CHECK(one.rows.size() + static_cast<std::size_t>(aside) == 941);
  CHECK(one.rows.size() > 200);
  const auto groups = error_groups(one);
  CHECK(groups.front().rows == static_cast<int>(one.rows.size()));
  int of_engines = 0;
  for (const auto& group : groups) of_engines += group.tag == "engine" ? group.rows : 0;
  CHECK(of_engines == groups.front().rows);
}

TEST_CASE("validation: PowerInfer's four INT4 models have the published mean of 13.2 tokens/s within a fifth") {
  const Validation one = replayed("powerinfer");  // arXiv 2312.12456, section 8.2
  double measured = 0, simulated = 0;
  for (const auto& row : one.rows) {
    if (row.what.find("q4_0") == std::string::npos) continue;
    measured += 1000 / row.measured / 4;
    simulated += 1000 / row.simulated / 4;
  }
  CHECK(measured == doctest::Approx(13.2).epsilon(0.005));
  CHECK(simulated == doctest::Approx(13.2).epsilon(0.2));
}

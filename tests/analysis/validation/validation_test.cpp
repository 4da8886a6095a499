// Validation: how errors are judged, and how a case is read.

#include "analysis/validation/validation.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

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

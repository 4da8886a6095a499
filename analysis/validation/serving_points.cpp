// Reads measured serving points.
// Does not know what is simulated.

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "analysis/validation/serving.hpp"

namespace teapot {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream{line};
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  if (line.ends_with(',')) cells.emplace_back();
  return cells;
}

/// One line of the table; cells are asked for by the name of their column.
class Line {
 public:
  Line(const std::string& file, int number, const std::vector<std::string>& columns, const std::string& text)
      : place_(fmt::format("{}:{}", file, number)) {
    const auto cells = cells_of(text);
    if (cells.size() != columns.size()) {
      throw ConfigError(fmt::format("{}: has {} cells, expected {}", place_, cells.size(), columns.size()));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) cells_[columns[i]] = cells[i];
  }
  const std::string& text(const std::string& column) const {
    const auto found = cells_.find(column);
    if (found == cells_.end()) throw ConfigError(place_ + ": has no column " + column);
    return found->second;
  }
  bool says(const std::string& column) const {
    const auto found = cells_.find(column);
    return found != cells_.end() && !found->second.empty();
  }
  template <class Number>
  Number number(const std::string& column) const {
    const std::string& cell = text(column);
    Number value{};
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc{} || end != cell.data() + cell.size() || !(value >= 0)) {
      throw ConfigError(fmt::format("{}: {}: \"{}\" is no number", place_, column, cell));
    }
    return value;
  }

 private:
  std::string place_;
  std::map<std::string, std::string> cells_;
};

ServingPoint point_of(const Line& line) {
  ServingPoint p;
  p.model = line.text("model");
  p.gpu = line.text("gpu");
  p.engine = line.text("engine");
  p.version = line.text("version");
  p.precision = line.text("precision");
  p.mode = line.text("mode");
  p.prompt = line.number<int>("isl");
  p.output = line.number<int>("osl");
  p.gpus = line.number<int>("gpus");
  p.tensor_parallel = line.number<int>("tp");
  p.expert_parallel = line.number<int>("ep");
  p.requests = line.number<int>("requests");
  p.tpot_ms = line.number<double>("tpot_ms");
  p.aside = line.text("aside");
  if (line.says("concurrency")) p.concurrency = line.number<int>("concurrency");
  p.ttft_ms = line.number<double>("ttft_ms");
  if (line.says("drawn")) p.drawn = line.text("drawn");
  if (line.says("drafts")) p.drafts = line.number<int>("drafts");
  if (line.says("tokens_per_step")) p.tokens_per_step = line.number<double>("tokens_per_step");
  return p;
}

}  // namespace

std::string ServingPoint::label() const {
  return fmt::format("{} {}, {} {}, {} of {} GPUs, TP {} EP {}, {}/{}, {} requests", engine, version, model, precision,
                     gpu, gpus, tensor_parallel, expert_parallel, prompt, output, requests);
}

std::vector<ServingPoint> read_serving_points(const std::string& file) {
  std::ifstream stream{file};
  std::string text;
  if (!std::getline(stream, text)) throw ConfigError(file + ": cannot be read");
  const auto columns = cells_of(text);
  std::vector<ServingPoint> points;
  for (int number = 2; std::getline(stream, text); ++number) points.push_back(point_of({file, number, columns, text}));
  return points;
}

double mean_lengths(const ServingPoint& p, const Config& words) {
  if (!words.has("mean_lengths")) return 1;
  return words.at("mean_lengths").get_or<double>(fmt::format("{}/{}", p.prompt, p.output), 1);
}

double acceptance_of(double tokens_per_step, int drafts) {
  double low = 0;
  double high = 1;
  for (int halving = 0; halving < 50; ++halving) {
    const double chance = (low + high) / 2;
    double tokens = 1;
    for (int draft = 0; draft < drafts; ++draft) tokens = 1 + chance * tokens;
    (tokens < tokens_per_step ? low : high) = chance;
  }
  return (low + high) / 2;
}

std::vector<ServingPoint> serving_points_of(const Config& config) {
  const Config file = config.at("file");
  const std::filesystem::path folder = std::filesystem::path{*file.tree().place.file}.parent_path();
  std::vector<ServingPoint> points = read_serving_points((folder / file.as<std::string>()).string());
  const Config words = config.at("words");
  const Config written = words.section("written");
  for (auto& point : points) {
    point.lengths = mean_lengths(point, words);
    if (!point.drawn.empty()) point.written = written.get_or<double>(point.drawn, point.written);
  }
  return points;
}

}  // namespace teapot

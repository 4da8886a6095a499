// Weighted quantiles over measured steps.
// Does not know how the steps were predicted.

#include "analysis/run/measured_steps.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "sim/catalogue.hpp"
#include "sim/config.hpp"

namespace teapot {
namespace {

constexpr double coverage = 0.9;

// What a difference costs in likeness, and how much wider a band is where nothing is quite alike. Chosen so that bands
// hold nine of ten steps whose model, accelerator or engine is left out, each in turn (VALIDATION.md has the figures).
constexpr double other_engine = 0.25;
constexpr double other_kind = 0.3;
constexpr double other_model = 0.6;
constexpr double other_layout = 0.6;
constexpr double gpu_reach = 0.7;      // a factor of e^0.7 in memory bandwidth
constexpr double prompt_reach = 0.15;  // of the time that goes to prompts
constexpr double request_reach = 2.0;  // a factor of e^2 in requests a GPU
constexpr double few_cases = 2;
constexpr double extrapolation = 0.5;
constexpr double width = 0.75;

using Weighted = std::vector<std::pair<double, double>>;  // value, weight

double quantile_of(const Weighted& sorted, double part) {
  double all = 0;
  for (const auto& [value, weight] : sorted) all += weight;
  double before = 0, last_place = 0, last_value = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto& [value, weight] = sorted[i];
    const double place = (before + weight / 2) / all;
    if (place >= part) {
      if (i == 0) return value;
      return last_value + (value - last_value) * (part - last_place) / (place - last_place);
    }
    before += weight;
    last_place = place;
    last_value = value;
  }
  return last_value;
}

/// How much wider than the cases' own spread: where they are few, and where none is quite alike.
double widening(const Weighted& cases) {
  double sum = 0, squares = 0, most = 0;
  for (const auto& [value, weight] : cases) {
    sum += weight;
    squares += weight * weight;
    most = std::max(most, weight);
  }
  const double effective = std::max(1.0, sum * sum / squares);
  return width * (1 + few_cases / effective) * (1 + extrapolation * (1 - most));
}

Weighted logarithms(const StepTraits& step, const std::vector<MeasuredStep>& measured, double MeasuredStep::*ratio) {
  Weighted cases;
  for (const auto& one : measured) cases.emplace_back(std::log(one.*ratio), likeness(step, one.traits));
  std::sort(cases.begin(), cases.end());
  return cases;
}

std::vector<MeasuredStep> read_measured_steps() {
  const auto file = std::filesystem::path{home()} / "analysis" / "run" / "measured-steps.csv";
  std::ifstream stream{file};
  std::string line;
  if (!std::getline(stream, line)) throw ConfigError(file.string() + ": cannot be read");
  std::vector<MeasuredStep> steps;
  while (std::getline(stream, line)) {
    std::istringstream cells{line};
    MeasuredStep one;
    StepTraits& t = one.traits;
    for (std::string* text : {&t.engine, &t.model, &t.kind, &t.gpu, &t.layout}) std::getline(cells, *text, ',');
    char comma = ',';
    cells >> t.memory_bandwidth >> comma >> t.requests_per_gpu >> comma >> t.prompts >> comma >> one.over_prediction >>
        comma >> one.over_bound;
    if (cells.fail() || !(one.over_prediction > 0) || !(one.over_bound > 0) || !(t.requests_per_gpu > 0)) {
      throw ConfigError(file.string() + ": " + line + ": expected five words and five numbers");
    }
    steps.push_back(std::move(one));
  }
  return steps;
}

}  // namespace

const std::vector<MeasuredStep>& measured_steps() {
  static const std::vector<MeasuredStep> steps = read_measured_steps();
  return steps;
}

std::vector<MeasuredStep> without(const std::vector<MeasuredStep>& steps, std::string StepTraits::*trait,
                                  const std::string& value) {
  std::vector<MeasuredStep> others;
  std::copy_if(steps.begin(), steps.end(), std::back_inserter(others),
               [&](const MeasuredStep& one) { return one.traits.*trait != value; });
  return others;
}

double likeness(const StepTraits& a, const StepTraits& b) {
  double alike = 1;
  if (a.engine != b.engine) alike *= other_engine;
  if (a.kind != b.kind) {
    alike *= other_kind;
  } else if (a.model != b.model) {
    alike *= other_model;
  }
  if (a.layout != b.layout) alike *= other_layout;
  if (a.gpu != b.gpu) alike *= std::exp(-0.1 - std::abs(std::log(a.memory_bandwidth / b.memory_bandwidth)) / gpu_reach);
  alike *= std::exp(-std::abs(a.prompts - b.prompts) / prompt_reach);
  return alike * std::exp(-std::abs(std::log(a.requests_per_gpu / b.requests_per_gpu)) / request_reach);
}

Factors spread(const StepTraits& step, const std::vector<MeasuredStep>& measured) {
  if (measured.empty()) return {};
  const Weighted cases = logarithms(step, measured, &MeasuredStep::over_prediction);
  const double middle = quantile_of(cases, 0.5);
  const double wider = widening(cases);
  const double low = quantile_of(cases, (1 - coverage) / 2);
  const double high = quantile_of(cases, (1 + coverage) / 2);
  // What was predicted is inside, whatever the cases say of similar ones.
  return {std::min(1.0, std::exp(middle + wider * (low - middle))),
          std::max(1.0, std::exp(middle + wider * (high - middle)))};
}

double above_bound(const StepTraits& step, const std::vector<MeasuredStep>& measured) {
  if (measured.empty()) return 1;
  const Weighted cases = logarithms(step, measured, &MeasuredStep::over_bound);
  const double middle = quantile_of(cases, 0.5);
  return std::max(1.0, std::exp(middle + widening(cases) * (quantile_of(cases, (1 + coverage) / 2) - middle)));
}

}  // namespace teapot

// Judges predictions by what they did not see.
// Does not simulate.

#include "analysis/validation/left_out.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/validation/validation.hpp"

namespace teapot {
namespace {

std::string errors_line(const std::string& of, const std::string& value, std::vector<double> errors) {
  std::vector<double> absolute;
  for (const double error : errors) absolute.push_back(std::abs(error));
  std::sort(absolute.begin(), absolute.end());
  std::sort(errors.begin(), errors.end());
  return fmt::format("| {} | {} | {} | {:.1f}% | {:.1f}% | {:+.1f}% |\n", of, value, errors.size(),
                     100 * quantile(absolute, 0.5), 100 * quantile(absolute, 0.9), 100 * quantile(errors, 0.5));
}

std::string errors_by(const std::vector<MeasuredStep>& steps, const std::string& of, std::string StepTraits::*trait) {
  std::map<std::string, std::vector<double>> errors;
  for (const auto& step : steps) errors[step.traits.*trait].push_back(1 / step.over_prediction - 1);
  std::string lines;
  for (const auto& [value, list] : errors) lines += errors_line(of, value, list);
  return lines;
}

}  // namespace

namespace {

/// Of steps whose prompts take less than a twentieth of their time, or of all others.
std::vector<MeasuredStep> alone_or_not(const std::vector<MeasuredStep>& steps, bool alone) {
  std::vector<MeasuredStep> some;
  std::copy_if(steps.begin(), steps.end(), std::back_inserter(some),
               [&](const MeasuredStep& one) { return (one.traits.prompts < 0.05) == alone; });
  return some;
}

double covered(const std::vector<MeasuredStep>& judged, const std::vector<MeasuredStep>& steps,
               std::string StepTraits::*trait) {
  int inside = 0;
  for (const auto& step : judged) {
    const Factors factors = spread(step.traits, without(steps, trait, step.traits.*trait));
    if (factors.low <= step.over_prediction && step.over_prediction <= factors.high) ++inside;
  }
  return static_cast<double>(inside) / static_cast<double>(judged.size());
}

}  // namespace

double left_out_coverage(const std::vector<MeasuredStep>& steps, std::string StepTraits::*trait) {
  return covered(steps, steps, trait);
}

std::string left_out_table(const std::vector<MeasuredStep>& steps) {
  std::string text =
      "## Left out\n\nEach judged serving point whose prompts take less than half of its time, predicted with the "
      "numbers of its stack fitted\nwithout its model, and the points of `cookbook` and of wide expert parallelism, on "
      "which "
      "nothing was fitted.\n\n"
      "| rows of | | rows | median | nine tenths | bias |\n|---|---|---|---|---|---|\n";
  std::vector<double> all;
  for (const auto& step : steps) all.push_back(1 / step.over_prediction - 1);
  text += errors_line("all", "", all);
  text += errors_by(steps, "engine", &StepTraits::engine) + errors_by(steps, "model", &StepTraits::model) +
          errors_by(steps, "GPU", &StepTraits::gpu) + errors_by(steps, "layout", &StepTraits::layout);
  text +=
      "\nSteps inside bands that are meant to hold nine of ten, where every step that shares this with them is left "
      "out:\n\n"
      "| left out | all steps | decoding alone | prompts beside it |\n|---|---|---|---|\n";
  for (const auto& [name, trait] : {std::pair{"the same model", &StepTraits::model},
                                    {"the same accelerator", &StepTraits::gpu},
                                    {"the same engine", &StepTraits::engine}}) {
    text += fmt::format("| {} | {:.0f}% | {:.0f}% | {:.0f}% |\n", name, 100 * covered(steps, steps, trait),
                        100 * covered(alone_or_not(steps, true), steps, trait),
                        100 * covered(alone_or_not(steps, false), steps, trait));
  }
  const auto below = std::count_if(steps.begin(), steps.end(), [](const auto& step) { return step.over_bound < 1; });
  text += fmt::format("\n{:.1f}% of the measured steps are quicker than their lower bound.\n\n",
                      100.0 * static_cast<double>(below) / static_cast<double>(steps.size()));
  return text;
}

}  // namespace teapot

// Runs one deployment over batches, and finds what was measured of it.
// Does not draw.

#include "analysis/validation/curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "analysis/run/report.hpp"
#include "analysis/run/run.hpp"
#include "analysis/validation/serving.hpp"
#include "sim/catalogue.hpp"

namespace teapot {
namespace {

ServingPoint deployment_of(const Config& curve) {
  ServingPoint p;
  p.model = curve.get<std::string>("model");
  p.precision = curve.get<std::string>("precision");
  p.engine = curve.get<std::string>("engine");
  p.gpu = curve.get<std::string>("gpu");
  p.mode = "agg";
  p.gpus = curve.positive<int>("gpus");
  p.tensor_parallel = curve.positive<int>("tp");
  p.expert_parallel = curve.positive<int>("ep");
  p.prompt = curve.positive<int>("isl");
  p.output = curve.positive<int>("osl");
  return p;
}

bool same_deployment(const ServingPoint& a, const ServingPoint& b) {
  const auto key = [](const ServingPoint& p) {
    return std::tie(p.model, p.precision, p.engine, p.gpu, p.mode, p.gpus, p.tensor_parallel, p.expert_parallel,
                    p.prompt, p.output);
  };
  return key(a) == key(b) && (b.aside.empty() || b.aside == "prefill");
}

BatchCurve curve_of(ServingPoint p, const std::vector<int>& batches, const std::vector<ServingPoint>& points,
                    const Config& words) {
  BatchCurve curve;
  curve.label = fmt::format("{} {}, {} {} TP {} EP {}", p.model, p.precision, p.engine, p.gpu, p.tensor_parallel,
                            p.expert_parallel);
  PartReader parts;
  PromptTimes prompts;
  p.lengths = mean_lengths(p, words);
  for (const int batch : batches) {
    p.requests = batch;
    const Scenario s = read_scenario(serving_scenario(p, words), p.label(), parts);
    const Run result = run(s);
    const Report sums = report(s, result.program, result.timeline);
    const Seconds tpot = sums.tpot;
    const Seconds beside = prompts_of_others(p, s, sums.step, words, parts, prompts);
    curve.decode.emplace_back(batch, tpot.value * 1e3);
    curve.simulated.emplace_back(batch, (tpot + beside).value * 1e3);
  }
  for (const auto& point : points) {
    if (same_deployment(p, point)) curve.measured.emplace_back(point.requests, point.tpot_ms);
  }
  std::sort(curve.measured.begin(), curve.measured.end());
  return curve;
}

}  // namespace

std::vector<BatchCurve> batch_curves() {
  const std::filesystem::path folder = std::filesystem::path{home()} / "analysis" / "validation";
  const Config config = Config::load((folder / "curves.yaml").string());
  const Config serving = Config::load((folder / config.get<std::string>("words")).string());
  const auto points = serving_points_of(serving);
  std::vector<int> batches;
  for (const auto& batch : config.at("batches").items()) batches.push_back(batch.as_positive<int>());
  std::vector<BatchCurve> curves;
  for (const auto& curve : config.at("curves").items())
    curves.push_back(curve_of(deployment_of(curve), batches, points, serving.at("words")));
  config.reject_unread_keys();
  return curves;
}

}  // namespace teapot

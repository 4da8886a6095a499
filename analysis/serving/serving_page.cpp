// Data of a service's page.
// Knows no colours.

#include "analysis/serving/serving_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace teapot {
namespace {

using PageJson = nlohmann::ordered_json;

constexpr std::size_t steps_of_cdf = 200;

/// Values at even parts of all, as [value, percent].
PageJson distribution(std::vector<double> values) {
  PageJson points = PageJson::array();
  if (values.empty()) return points;
  std::sort(values.begin(), values.end());
  const std::size_t steps = std::min(steps_of_cdf, values.size());
  for (std::size_t step = 0; step <= steps; ++step) {
    const std::size_t rank = std::min(values.size() - 1, step * values.size() / steps);
    points.push_back({values[rank], 100.0 * static_cast<double>(step) / static_cast<double>(steps)});
  }
  return points;
}

PageJson distributions(const ServiceRecord& record) {
  std::vector<double> ttft;
  std::vector<double> tpot;
  std::vector<double> e2e;
  for (const Served& r : record.requests) {
    if (!r.finished()) continue;
    ttft.push_back((r.seen_s - r.arrival.at_s) * 1e3);
    if (r.tokens > 1) tpot.push_back(tpot_s(r) * 1e3);
    e2e.push_back((r.end_s - r.arrival.at_s) * 1e3);
  }
  return {{"ttft_ms", distribution(std::move(ttft))},
          {"tpot_ms", distribution(std::move(tpot))},
          {"e2e_ms", distribution(std::move(e2e))}};
}

PageJson series(const ServingScenario& s, const ServiceRecord& record) {
  const double capacity = s.shape.decode.all_cache_tokens();
  PageJson json = PageJson::array();
  for (const ServiceSample& x : record.samples) {
    json.push_back({{"time_s", x.at_s},
                    {"waiting", x.waiting},
                    {"prefilling", x.prefilling},
                    {"moving", x.moving},
                    {"decoding", x.decoding},
                    {"kv_percent", 100 * x.cache_tokens / capacity},
                    {"decode_step_ms", x.decode_step_s > 0 ? PageJson(x.decode_step_s * 1e3) : PageJson(nullptr)}});
  }
  return json;
}

PageJson failures(const ServingScenario& s, const ServingResult& result) {
  PageJson json = PageJson::array();
  for (std::size_t e = 0; e < s.epochs.size(); ++e) {
    if (s.epochs[e].damaged < 0) continue;
    const bool last = e + 1 == s.epochs.size();
    json.push_back({{"from_s", s.epochs[e].from_s},
                    {"until_s", last ? PageJson(nullptr) : PageJson(s.epochs[e + 1].from_s)},
                    {"failed", s.epochs[e].failed},
                    {"step_ms", result.epoch_steps_s[e] * 1e3}});
  }
  return json;
}

std::string limit_words(const ServingScenario& s, const ServingReport& r) {
  std::string limits;
  if (s.limits.ttft) limits = fmt::format("TTFT of {:g} s", s.limits.ttft->value);
  if (s.limits.tpot) {
    limits += fmt::format("{}TPOT of {:g} ms", limits.empty() ? "" : " and ", s.limits.tpot->value * 1e3);
  }
  if (limits.empty()) return {};
  return fmt::format(" {:.1f}% of the requests keep {}: {:.2f} good a second.",
                     r.finished > 0 ? 100.0 * r.good / r.finished : 0, limits, r.goodput_per_s);
}

}  // namespace

std::string serving_verdict(const ServingScenario& s, const ServingResult& result, const ServingReport& r) {
  std::string text = fmt::format("{:.2f} requests a second on {} GPUs: ", r.requests_per_s, s.gpus);
  if (r.ttft_ms.any()) text += fmt::format("P99 of TTFT {:.0f} ms", r.ttft_ms.p99);
  if (r.tpot_ms.any()) text += fmt::format(", of TPOT {:.1f} ms", r.tpot_ms.p99);
  text += "." + limit_words(s, r);
  for (std::size_t e = 1; e < s.epochs.size(); ++e) {
    if (s.epochs[e].damaged < 0) continue;
    text +=
        fmt::format(" Failed from {:g} s on: {}; a decode step of {:.2f} ms then takes {:.2f} ms.", s.epochs[e].from_s,
                    s.epochs[e].failed, result.epoch_steps_s[0] * 1e3, result.epoch_steps_s[e] * 1e3);
  }
  if (result.record.grows) {
    text += fmt::format(" Overloaded: the queue grows without end since {:.1f} s.", result.record.grows_since_s);
  }
  return text;
}

PageJson serving_page(const ServingScenario& s, const ServingResult& result, const ServingReport& r,
                      const LoadCurve* curve, const MostLoad* most, const std::string& inputs) {
  PageJson json;
  json["kind"] = "serving";
  json["verdict"] = serving_verdict(s, result, r);
  json["summary"] = serving_json(s, result, r);
  json["limits"] = {{"ttft_ms", s.limits.ttft ? PageJson(s.limits.ttft->value * 1e3) : PageJson(nullptr)},
                    {"tpot_ms", s.limits.tpot ? PageJson(s.limits.tpot->value * 1e3) : PageJson(nullptr)}};
  json["distributions"] = distributions(result.record);
  json["series"] = series(s, result.record);
  json["failures"] = failures(s, result);
  if (curve != nullptr) json["load_curve"] = load_json(*curve);
  if (most != nullptr) json["max_load"] = load_json(*most);
  json["inputs"] = inputs;
  return json;
}

}  // namespace teapot

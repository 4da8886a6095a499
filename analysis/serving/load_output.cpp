// Words, numbers and tables of a service under several loads.
// Computes nothing but units.

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "analysis/output/text_table.hpp"
#include "analysis/serving/load_curve.hpp"

namespace teapot {
namespace {

using LoadJson = nlohmann::ordered_json;

std::string offered_words(const LoadPoint& p, const std::string& unit) {
  return fmt::format("{:.4g} {}", p.offered, unit);
}

/// `note`: what is said of a point.
std::string points_table(const std::vector<LoadPoint>& points, const std::string& unit,
                         const std::function<std::string(std::size_t)>& note) {
  constexpr auto right = TextTable::Align::right;
  TextTable table{{{"load", right},
                   {unit, right},
                   {"served/s", right},
                   {"good/s", right},
                   {"TTFT P50 ms", right},
                   {"P99", right},
                   {"TPOT P50 ms", right},
                   {"P99", right},
                   {""}}};
  const auto ms = [](double value) { return std::isnan(value) ? std::string{"none"} : fmt::format("{:.2f}", value); };
  for (std::size_t i = 0; i < points.size(); ++i) {
    const LoadPoint& p = points[i];
    table.add({fmt::format("{:.4g}", p.load), fmt::format("{:.4g}", p.offered),
               fmt::format("{:.2f}", p.report.requests_per_s), fmt::format("{:.2f}", p.report.goodput_per_s),
               ms(p.report.ttft_ms.p50), ms(p.report.ttft_ms.p99), ms(p.report.tpot_ms.p50), ms(p.report.tpot_ms.p99),
               note(i)});
  }
  return table.to_text();
}

LoadJson json_of(const LoadPoint& p) {
  const auto ms = [](const Percentiles& of) {
    return of.any() ? LoadJson{{"mean", of.mean}, {"p50", of.p50}, {"p90", of.p90}, {"p99", of.p99}} : LoadJson{};
  };
  return {{"load", p.load},
          {"offered", p.offered},
          {"requests_per_s", p.report.requests_per_s},
          {"goodput_requests_per_s", p.report.goodput_per_s},
          {"kept", p.kept()},
          {"ttft_ms", ms(p.report.ttft_ms)},
          {"tpot_ms", ms(p.report.tpot_ms)},
          {"e2e_ms", ms(p.report.e2e_ms)},
          {"power", p.power()},
          {"overloaded", p.grows},
          {"given_up", p.gave_up}};
}

LoadJson json_of(const std::vector<LoadPoint>& points) {
  LoadJson json = LoadJson::array();
  for (const LoadPoint& p : points) json.push_back(json_of(p));
  return json;
}

}  // namespace

std::string load_text(const LoadCurve& curve) {
  const auto note = [&](std::size_t i) {
    std::string text = i == curve.knee ? "knee" : "";
    if (i == curve.best) text += text.empty() ? "most good" : ", most good";
    if (curve.points[i].grows) text += text.empty() ? "overloaded" : ", overloaded";
    return text;
  };
  const LoadPoint& knee = curve.points[curve.knee];
  const LoadPoint& best = curve.points[curve.best];
  return "\nload curve\n" + points_table(curve.points, curve.unit, note) +
         fmt::format(
             "knee: load {:.4g}, {}: the most requests served a second over their mean time from end to end{}\n"
             "most good requests: load {:.4g}, {}: {:.2f} a second\n",
             knee.load, offered_words(knee, curve.unit),
             curve.reached() ? "" : "; it may lie beyond, at loads not served", best.load,
             offered_words(best, curve.unit), best.report.goodput_per_s);
}

std::string load_text(const MostLoad& most, const ServingScenario& s) {
  const auto note = [&](std::size_t i) {
    const LoadPoint& p = most.visited[i];
    if (p.gave_up) return std::string{"too many late: given up"};
    return fmt::format("{:.1f}% kept{}", 100 * p.kept(), p.grows ? ", overloaded" : "");
  };
  std::string text = "\nmost load\n" + points_table(most.visited, most.unit, note);
  if (!most.best) return text + fmt::format("no load keeps the limits for {:g}% of the requests\n", 100 * most.part);
  const LoadPoint& best = *most.best;
  return text + fmt::format(
                    "the most load of which {:g}% keep the limits: {:.4g} of the scenario's, {}: {:.2f} good a "
                    "second, {:.4f} a GPU{}\n",
                    100 * most.part, best.load, offered_words(best, most.unit), best.report.goodput_per_s,
                    best.report.goodput_per_s / s.gpus, most.bounded ? "" : "; more was not tried");
}

LoadJson load_json(const LoadCurve& curve) {
  return {{"unit", curve.unit},
          {"points", json_of(curve.points)},
          {"knee",
           {{"load", curve.points[curve.knee].load},
            {"by", "requests_per_s / mean e2e time"},
            {"reached", curve.reached()}}},
          {"most_goodput", {{"load", curve.points[curve.best].load}}}};
}

LoadJson load_json(const MostLoad& most) {
  return {{"unit", most.unit},
          {"part", most.part},
          {"best", most.best ? json_of(*most.best) : LoadJson{}},
          {"bounded", most.bounded},
          {"points", json_of(most.visited)}};
}

}  // namespace teapot

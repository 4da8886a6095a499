// Failures and what they cost, as text and as JSON.
// Does not simulate.

#include <fmt/format.h>

#include "analysis/availability/availability.hpp"
#include "analysis/output/text_table.hpp"

namespace teapot {
namespace {

using Align = TextTable::Align;
using AvailabilityJson = nlohmann::ordered_json;

constexpr double hours_of_month = 730;

double failures_per_month(const PartClass& parts) {
  return parts.count * hours_of_month / (parts.reliability.mtbf_hours + parts.reliability.repair_hours);
}

std::string classes_text(const Availability& fabric) {
  TextTable lines{{{"part"},
                   {"of them", Align::right},
                   {"failures a month", Align::right},
                   {"hours away", Align::right},
                   {"TPOT ms without one", Align::right},
                   {"change", Align::right},
                   {"taken away"}}};
  for (const PartClass& parts : fabric.classes) {
    lines.add({parts.tier.empty() ? parts.part : parts.part + ", " + parts.tier, fmt::format("{}", parts.count),
               fmt::format("{:.4f}", failures_per_month(parts)), fmt::format("{:g}", parts.reliability.repair_hours),
               parts.tpot_ms ? fmt::format("{:.3f}", *parts.tpot_ms) : "-",
               parts.tpot_ms ? fmt::format("{:+.2f}%", 100 * (*parts.tpot_ms / fabric.tpot_ms - 1)) : "cut off",
               parts.specimen});
  }
  return lines.to_text();
}

}  // namespace

std::string availability_text(const std::string& scenario, const std::vector<Availability>& fabrics) {
  TextTable lines{{{"fabric"},
                   {"GPUs", Align::right},
                   {"TPOT ms", Align::right},
                   {"expected ms", Align::right},
                   {"P99 ms", Align::right},
                   {"P99.9 ms", Align::right},
                   {"degraded", Align::right},
                   {"available", Align::right}}};
  for (const Availability& fabric : fabrics) {
    lines.add({fabric.fabric, fmt::format("{}", fabric.gpus), fmt::format("{:.3f}", fabric.tpot_ms),
               fmt::format("{:.3f}", expected_tpot_ms(fabric)), fmt::format("{:.3f}", tpot_quantile_ms(fabric, 0.99)),
               fmt::format("{:.3f}", tpot_quantile_ms(fabric, 0.999)), fmt::format("{:.3f}%", 100 * degraded(fabric)),
               fmt::format("{:.4f}%", 100 * available(fabric))});
  }
  std::string text = fmt::format("{}: TPOT over a month in which parts fail\n\n{}", scenario, lines.to_text());
  for (const Availability& fabric : fabrics)
    text += fmt::format("\n{}, one part of each class away at a time:\n{}", fabric.fabric, classes_text(fabric));
  return text;
}

nlohmann::ordered_json availability_json(const std::string& scenario, const std::vector<Availability>& fabrics) {
  AvailabilityJson list = AvailabilityJson::array();
  for (const Availability& fabric : fabrics) {
    AvailabilityJson classes = AvailabilityJson::array();
    for (const PartClass& parts : fabric.classes) {
      AvailabilityJson one{{"part", parts.part}, {"tier", parts.tier}, {"count", parts.count}};
      one["failures_per_month"] = failures_per_month(parts);
      one["mtbf_hours"] = parts.reliability.mtbf_hours;
      one["repair_hours"] = parts.reliability.repair_hours;
      one["tpot_ms_without_one"] = parts.tpot_ms ? AvailabilityJson(*parts.tpot_ms) : AvailabilityJson(nullptr);
      one["specimen"] = parts.specimen;
      if (!parts.cut_off.empty()) one["cut_off"] = parts.cut_off;
      classes.push_back(std::move(one));
    }
    list.push_back({{"fabric", fabric.fabric},
                    {"gpus", fabric.gpus},
                    {"tpot_ms", fabric.tpot_ms},
                    {"expected_tpot_ms", expected_tpot_ms(fabric)},
                    {"p99_tpot_ms", tpot_quantile_ms(fabric, 0.99)},
                    {"p999_tpot_ms", tpot_quantile_ms(fabric, 0.999)},
                    {"degraded", degraded(fabric)},
                    {"availability", available(fabric)},
                    {"classes", classes}});
  }
  return {{"scenario", scenario}, {"hours", hours_of_month}, {"fabrics", list}};
}

}  // namespace teapot

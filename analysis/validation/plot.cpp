// Draws simulated against measured times as SVG.
// Does not simulate.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/validation/page.hpp"

namespace teapot {
namespace {

constexpr double left = 70, top = 20, width = 480, height = 480;

/// Decades of microseconds.
constexpr double first = 0, last = 6;

double across(double time_us) { return left + (std::log10(time_us) - first) / (last - first) * width; }
double down(double time_us) { return top + height - (std::log10(time_us) - first) / (last - first) * height; }

/// The case's rows as pairs of microseconds; what is no time is left out.
std::vector<std::pair<double, double>> times_us(const Validation& one) {
  std::vector<std::pair<double, double>> points;
  for (const auto& row : one.rows) {
    double factor = 0;
    if (one.unit == "us") factor = 1;
    if (one.unit == "ms") factor = 1e3;
    if (row.what.starts_with("call_us")) factor = 1;
    if (row.what == "step_ms") factor = 1e3;
    if (factor > 0 && row.use != Use::bound) points.emplace_back(row.measured * factor, row.simulated * factor);
  }
  return points;
}

std::string axis() {
  std::string svg;
  for (double decade = first; decade <= last; ++decade) {
    const double value = std::pow(10.0, decade);
    svg += fmt::format("<path d=\"M{:.1f} {:.1f}V{:.1f}M{:.1f} {:.1f}H{:.1f}\" stroke=\"#ddd\"/>\n", across(value), top,
                       top + height, left, down(value), left + width);
    const std::string name = decade < 3   ? fmt::format("{} us", value)
                             : decade < 6 ? fmt::format("{} ms", value / 1e3)
                                          : fmt::format("{} s", value / 1e6);
    svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">{}</text>\n", across(value),
                       top + height + 18, name);
    svg +=
        fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>\n", left - 6, down(value) + 4, name);
  }
  return svg;
}

/// Simulated = factor * measured.
std::string diagonal(double factor, const char* dashes) {
  const double low = std::max(1.0, 1 / factor), high = std::min(1e6, 1e6 / factor);
  return fmt::format("<path d=\"M{:.1f} {:.1f}L{:.1f} {:.1f}\" stroke=\"#888\" stroke-dasharray=\"{}\"/>\n",
                     across(low), down(low * factor), across(high), down(high * factor), dashes);
}

}  // namespace

std::string validation_plot(const std::vector<Validation>& cases) {
  const std::map<std::string, std::string> colours{
      {"collective", "#0072b2"}, {"first-token", "#56b4e9"}, {"kernel", "#d55e00"},  {"layer", "#009e73"},
      {"serving", "#e69f00"},    {"step", "#cc79a7"},        {"training", "#000000"}};
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"560\" viewBox=\"0 0 720 560\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"720\" height=\"560\" fill=\"#fff\"/>\n";
  svg += axis() + diagonal(1, "none") + diagonal(1.25, "4 4") + diagonal(0.8, "4 4");
  for (const auto& one : cases) {
    for (const auto& [measured, simulated] : times_us(one)) {
      svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\" fill-opacity=\"0.5\"/>\n",
                         across(measured), down(simulated), colours.at(one.kind));
    }
  }
  double line = top + 20;
  for (const auto& [kind, colour] : colours) {
    svg += fmt::format("<circle cx=\"575\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/><text x=\"587\" y=\"{:.1f}\">{}</text>\n",
                       line - 4, colour, line, kind);
    line += 20;
  }
  svg += fmt::format("<text x=\"570\" y=\"{:.1f}\">dashes: 25% off</text>\n", line);
  svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\">measured</text>\n", left + width / 2,
                     top + height + 40);
  svg += fmt::format("<text transform=\"translate(16 {:.1f}) rotate(-90)\" text-anchor=\"middle\">simulated</text>\n",
                     top + height / 2);
  return svg + "</svg>\n";
}

}  // namespace teapot

// Draws TPOT over the batch as SVG.
// Does not simulate.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "analysis/validation/curves.hpp"

namespace teapot {
namespace {

constexpr double curves_left = 60, curves_top = 20, curves_width = 620, curves_height = 420;
constexpr double most_batch = 512, least_ms = 1, most_ms = 100;
constexpr std::array colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#444444"};

double at_batch(double batch) { return curves_left + std::log2(batch) / std::log2(most_batch) * curves_width; }
double at_ms(double ms) {
  const double inside = std::clamp(ms, least_ms, most_ms);
  return curves_top + curves_height - std::log10(inside / least_ms) / std::log10(most_ms / least_ms) * curves_height;
}

std::string axes() {
  std::string svg;
  for (double batch = 1; batch <= most_batch; batch *= 2) {
    svg += fmt::format(
        "<path d=\"M{0:.1f} {1}V{2}\" stroke=\"#ddd\"/><text x=\"{0:.1f}\" y=\"{3}\" "
        "text-anchor=\"middle\">{4}</text>\n",
        at_batch(batch), curves_top, curves_top + curves_height, curves_top + curves_height + 16, batch);
  }
  for (const double ms : {1, 2, 5, 10, 20, 50, 100}) {
    svg += fmt::format(
        "<path d=\"M{} {:.1f}H{}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1f}\" "
        "text-anchor=\"end\">{} ms</text>\n",
        curves_left, at_ms(ms), curves_left + curves_width, curves_left - 6, at_ms(ms) + 4, ms);
  }
  return svg + fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">requests in decode</text>\n",
                           curves_left + curves_width / 2, curves_top + curves_height + 34);
}

std::string drawn(const BatchCurve& curve, const char* colour) {
  std::string path;
  for (const auto& [batch, ms] : curve.simulated)
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", at_batch(batch), at_ms(ms));
  std::string svg = fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"1.5\"/>\n", path, colour);
  for (const auto& [batch, ms] : curve.measured)
    svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>\n", at_batch(batch), at_ms(ms),
                       colour);
  return svg;
}

}  // namespace

std::string curves_plot(const std::vector<BatchCurve>& curves) {
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"560\" viewBox=\"0 0 720 560\" "
      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"720\" height=\"560\" fill=\"#fff\"/>\n" +
      axes();
  for (std::size_t i = 0; i < curves.size(); ++i) {
    const char* colour = colours[i % colours.size()];
    const double x = curves_left + static_cast<double>(i % 2) * 330,
                 y = curves_top + curves_height + 58 + static_cast<double>(i / 2) * 18;
    svg += drawn(curves[i], colour);
    svg += fmt::format(
        "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/><text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>\n", x,
        y - 4, colour, x + 10, y, curves[i].label);
  }
  return svg + "</svg>\n";
}

}  // namespace teapot

// Combines axes.
// Does not know what they vary.

#include "analysis/sweep/sampling.hpp"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "sim/random.hpp"

namespace teapot {
namespace {

using Settings = std::vector<std::vector<AxisSetting>>;

constexpr std::size_t most_points = 1000000;

Settings grid(const std::vector<Axis>& axes, const Config& at) {
  std::size_t count = 1;
  for (const auto& axis : axes) {
    if (axis.continuum) {
      at.at(axis.columns[0]).fail("needs `step` or `factor`, or the sweep a `sample`");
    }
    count *= axis.settings.size();
    if (count > most_points) at.fail(fmt::format("make more than {} points", most_points));
  }
  Settings points;
  points.reserve(count);
  for (std::size_t p = 0; p < count; ++p) {
    std::vector<AxisSetting> point(axes.size());
    std::size_t rest = p;
    for (std::size_t a = axes.size(); a-- > 0;) {
      point[a] = axes[a].settings[rest % axes[a].settings.size()];
      rest /= axes[a].settings.size();
    }
    points.push_back(std::move(point));
  }
  return points;
}

Settings sample(const std::vector<Axis>& axes, const Sampling& sampling) {
  const auto count = static_cast<std::size_t>(sampling.points);
  Settings points(count, std::vector<AxisSetting>(axes.size()));
  std::vector<std::size_t> part(count);
  for (std::size_t a = 0; a < axes.size(); ++a) {
    Random random{sampling.seed, a};  // a stream an axis: adding one changes no other
    std::iota(part.begin(), part.end(), std::size_t{0});
    for (std::size_t i = count; i > 1; --i) std::swap(part[i - 1], part[random.next() % i]);
    for (std::size_t p = 0; p < count; ++p) {
      const double u = random.uniform();
      const bool latin = sampling.method == Sampling::Method::latin_hypercube;
      points[p][a] = axes[a].at(latin ? (static_cast<double>(part[p]) + u) / static_cast<double>(count) : u);
    }
  }
  return points;
}

}  // namespace

Sampling read_sampling(const Config& sweep) {
  Sampling sampling;
  if (!sweep.has("sample")) return sampling;
  const Config config = sweep.at("sample");
  const std::string method = config.choice_or("method", {"latin-hypercube", "random"}, "latin-hypercube");
  sampling.method = method == "random" ? Sampling::Method::random : Sampling::Method::latin_hypercube;
  sampling.points = config.positive<int>("points");
  if (static_cast<std::size_t>(sampling.points) > most_points) {
    config.at("points").fail(fmt::format("must be {} at most", most_points));
  }
  sampling.seed = static_cast<std::uint64_t>(config.non_negative_or<std::int64_t>("seed", 1));
  return sampling;
}

std::vector<std::vector<AxisSetting>> choose_settings(const std::vector<Axis>& axes, const Sampling& sampling,
                                                      const Config& at) {
  return sampling.method == Sampling::Method::grid ? grid(axes, at) : sample(axes, sampling);
}

}  // namespace teapot

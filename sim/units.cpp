// Units as text: the one table of prefixes and unit names.
// Does not know where a text came from; callers add file and line.

#include "sim/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <vector>

#include "sim/message.hpp"

namespace teapot {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

struct Dimension {
  std::string_view what;
  std::string_view least, most;  // what is read lies between them, or is zero; wide, so that no product leaves a double
  std::vector<Unit> units;       // from large to small, so that printing takes the first that fits
};

const Dimension& time_units() {
  static const Dimension units{
      "a time", "1e-15 s", "1e9 s", {{"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"ps", 1e-12}}};
  return units;
}

const Dimension& size_units() {
  static const Dimension units{"a size",
                               "0.001 B",
                               "1e21 B",
                               {{"TB", 1e12},
                                {"GB", 1e9},
                                {"MB", 1e6},
                                {"KB", 1e3},
                                {"kB", 1e3},
                                {"B", 1},
                                {"TiB", std::ldexp(1, 40)},
                                {"GiB", std::ldexp(1, 30)},
                                {"MiB", std::ldexp(1, 20)},
                                {"KiB", std::ldexp(1, 10)}}};
  return units;
}

const Dimension& bandwidth_units() {
  static const Dimension units{"a bandwidth",
                               "1 B/s",
                               "1e18 B/s",
                               {{"TB/s", 1e12},
                                {"GB/s", 1e9},
                                {"MB/s", 1e6},
                                {"KB/s", 1e3},
                                {"B/s", 1},
                                {"Tbps", 1e12 / 8},
                                {"Gbps", 1e9 / 8},
                                {"Mbps", 1e6 / 8},
                                {"GiB/s", std::ldexp(1, 30)}}};
  return units;
}

const Dimension& work_units() {
  static const Dimension units{"an amount of work",
                               "1 FLOP",
                               "1e27 FLOP",
                               {{"PFLOP", 1e15}, {"TFLOP", 1e12}, {"GFLOP", 1e9}, {"MFLOP", 1e6}, {"FLOP", 1}}};
  return units;
}

const Dimension& speed_units() {
  static const Dimension units{"a computing speed",
                               "1 FLOPS",
                               "1e24 FLOPS",
                               {{"PFLOPS", 1e15}, {"TFLOPS", 1e12}, {"GFLOPS", 1e9}, {"MFLOPS", 1e6}, {"FLOPS", 1}}};
  return units;
}

std::string names(const Dimension& dimension) {
  std::string text;
  for (const auto& unit : dimension.units) text += (text.empty() ? "" : ", ") + std::string{unit.name};
  return text;
}

double parse(std::string_view text, const Dimension& dimension) {
  const auto wrong = [&] {
    return std::invalid_argument(
        fmt::format("expected {} with its unit ({}), got {}", dimension.what, names(dimension), in_quotes(text)));
  };
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) throw wrong();
  std::string_view unit{rest, static_cast<std::size_t>(text.data() + text.size() - rest)};
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  const auto known =
      std::find_if(dimension.units.begin(), dimension.units.end(), [&](const Unit& one) { return one.name == unit; });
  if (known == dimension.units.end()) throw wrong();
  const double value = number * known->factor;
  const auto limit = [](std::string_view named) { return std::strtod(named.data(), nullptr); };
  if (value != 0 && (std::abs(value) < limit(dimension.least) || std::abs(value) > limit(dimension.most)))
    throw std::invalid_argument(fmt::format("must be {} from {} to {}, got {}", dimension.what, dimension.least,
                                            dimension.most, in_quotes(text)));
  return value;
}

std::string print(double value, const Dimension& dimension) {
  if (!std::isfinite(value)) return fmt::format("{}", value);
  const double magnitude = std::abs(value);
  const Unit* chosen = nullptr;
  for (const auto& unit : dimension.units) {
    chosen = &unit;
    if (magnitude >= unit.factor) break;
    if (unit.factor == 1 && &unit != &dimension.units.front()) break;  // the base unit, except for times
  }
  return fmt::format("{:.4g} {}", value / chosen->factor, chosen->name);
}

}  // namespace

template <>
Seconds parse_quantity(std::string_view text) {
  return {parse(text, time_units())};
}
template <>
Bytes parse_quantity(std::string_view text) {
  return {parse(text, size_units())};
}
template <>
Flops parse_quantity(std::string_view text) {
  return {parse(text, work_units())};
}
template <>
BytesPerSecond parse_quantity(std::string_view text) {
  return {parse(text, bandwidth_units())};
}
template <>
FlopsPerSecond parse_quantity(std::string_view text) {
  return {parse(text, speed_units())};
}

std::string to_text(Seconds time) { return print(time.value, time_units()); }
std::string to_text(Bytes bytes) { return print(bytes.value, size_units()); }
std::string to_text(Flops flops) { return print(flops.value, work_units()); }
std::string to_text(BytesPerSecond bandwidth) { return print(bandwidth.value, bandwidth_units()); }
std::string to_text(FlopsPerSecond speed) { return print(speed.value, speed_units()); }

}  // namespace teapot

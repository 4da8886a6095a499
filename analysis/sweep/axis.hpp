#pragma once
// The axes of a sweep: what is varied, and the settings it takes.
// Knows neither points nor results; any key of a scenario may be an axis.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

/// One place on an axis: a cell for each of its columns, and the keys of the scenario it puts in.
struct AxisSetting {
  std::vector<std::string> cells;
  std::vector<std::pair<std::string, Tree>> changes;  ///< dotted path, value
};

/// A range without steps, which only sampling can use.
struct Continuum {
  double from = 0;  ///< in `unit`
  double to = 0;
  std::string unit;
  bool logarithmic = false;
  bool integer = false;  ///< both ends are integers: so are the values between
};

struct Axis {
  std::vector<std::string> columns;  ///< dotted paths, or the axis' own name where its settings have names
  std::vector<AxisSetting> settings;
  std::optional<Continuum> continuum;  ///< then there are no settings

  /// The setting at u of [0, 1): settings are equally likely, a continuum is cut there.
  AxisSetting at(double u) const;
};

/// Reads `axes:`, a mapping from a key of the scenario to its values:
///   key: [a, b, c]
///   key: {from: 1, to: 64, factor: 2}    or {from: 100 Gbps, to: 800 Gbps, step: 100 Gbps}
///   key: {from: 1, to: 64}               sampled only; scale: log for equal ratios
///   name: {zip: {key: [a, b], other.key: [c, d]}}             together, first with first
///   name: {variants: {one: {key: a, other: {key: c}}, two: {key: b}}}
std::vector<Axis> read_axes(const Config& axes);

}  // namespace teapot

// Reads axes from YAML.
// Does not combine them.

#include "analysis/sweep/axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/sweep/amount.hpp"

namespace teapot {
namespace {

constexpr std::size_t most_settings = 100000;

Tree scalar(const std::string& text, const Place& place) {
  Tree tree;
  tree.kind = Tree::Kind::scalar;
  tree.text = text;
  tree.place = place;
  return tree;
}

/// A value as one cell of a table; a mapping in flow style.
std::string cell_of(const Tree& tree) {
  std::string text;
  switch (tree.kind) {
    case Tree::Kind::null:
      return "";
    case Tree::Kind::scalar:
      return tree.text;
    case Tree::Kind::sequence:
      for (const auto& item : tree.items) text += (text.empty() ? "" : ", ") + cell_of(item);
      return fmt::format("[{}]", text);
    case Tree::Kind::mapping:
      for (const auto& entry : tree.entries) {
        text += (text.empty() ? "" : ", ") + entry.key + ": " + cell_of(entry.value);
      }
      break;
  }
  return fmt::format("{{{}}}", text);
}

Amount amount_of(const Config& value) {
  if (value.is_scalar()) {
    const auto amount = read_amount(value.tree().text);
    if (amount) return *amount;
  }
  value.fail("expected a number, or a quantity with its unit");
}

/// A range's `to` or `step`, in the unit of `from`; a plain number has that unit already.
double in_unit_of(const Amount& from, const Config& value) {
  const Amount amount = amount_of(value);
  if (amount.dimension == from.dimension)
    return from.unit == amount.unit ? amount.number : in_unit(amount.base, from.unit);
  if (from.unit.empty()) value.fail("`from` has no unit, so this must have none");
  value.fail(fmt::format("must have a unit such as that of `from`, {}", from.unit));
}

void add_setting(Axis& axis, const std::string& key, const Tree& value) {
  axis.settings.push_back({{cell_of(value)}, {{key, value}}});
}

void read_range(const Config& range, const std::string& key, Axis& axis) {
  const Amount from = amount_of(range.at("from"));
  const double to = in_unit_of(from, range.at("to"));
  if (range.has("step") && range.has("factor")) range.fail("give either `step` or `factor`, not both");
  if (!range.has("step") && !range.has("factor")) {
    if (!(to > from.number)) range.at("to").fail("must be above `from`");
    const bool log = range.choice_or("scale", {"linear", "log"}, "linear") == "log";
    if (log && !(from.number > 0)) range.at("from").fail("must be above zero where the scale is logarithmic");
    const bool integer = from.integer && amount_of(range.at("to")).integer && from.unit.empty();
    axis.continuum = Continuum{from.number, to, from.unit, log, integer};
    return;
  }
  const bool factor = range.has("factor");
  const Config by = range.at(factor ? "factor" : "step");
  const double step = factor ? by.as<double>() : in_unit_of(from, by);
  if (factor ? !(step > 1) : !(step > 0)) by.fail(factor ? "must be above one" : "must be above zero");
  if (factor && !(from.number > 0)) range.at("from").fail("must be above zero where a factor is given");
  if (to < from.number) range.at("to").fail("must not be below `from`");
  // Each value from its index, so that errors do not add up; the end belongs to the range in spite of rounding.
  for (std::size_t i = 0;; ++i) {
    const double n = static_cast<double>(i);
    const double value = factor ? from.number * std::pow(step, n) : from.number + step * n;
    if (value > to + 1e-9 * std::abs(to)) break;
    if (i == most_settings) range.fail(fmt::format("has more than {} values", most_settings));
    add_setting(axis, key, scalar(amount_text(value, from.unit), range.tree().place));
  }
}

/// A list or a stepped range as settings of one key.
Axis read_values(const Config& values, const std::string& key) {
  Axis axis;
  axis.columns = {key};
  if (values.is_sequence()) {
    for (const auto& item : values.items()) add_setting(axis, key, item.tree());
  } else if (values.is_mapping() && values.has("from") && values.has("to")) {
    read_range(values, key, axis);
  } else {
    values.fail("expected a list, or {from: .., to: .., step: ..}, {zip: ..} or {variants: ..}");
  }
  if (axis.settings.empty() && !axis.continuum) values.fail("has no values");
  return axis;
}

Axis read_zip(const Config& zip) {
  Axis axis;
  for (const auto& key : zip.keys()) {
    const Axis one = read_values(zip.at(key), key);
    if (one.continuum) zip.at(key).fail("needs `step` or `factor`: values are taken in turn");
    if (axis.columns.empty()) axis.settings.resize(one.settings.size());
    if (one.settings.size() != axis.settings.size()) {
      zip.at(key).fail(
          fmt::format("has {} values, but {} has {}", one.settings.size(), axis.columns[0], axis.settings.size()));
    }
    axis.columns.push_back(key);
    for (std::size_t i = 0; i < one.settings.size(); ++i) {
      axis.settings[i].cells.push_back(one.settings[i].cells[0]);
      axis.settings[i].changes.push_back(one.settings[i].changes[0]);
    }
  }
  if (axis.columns.empty()) zip.fail("has no keys");
  return axis;
}

/// A variant changes keys, however deep they are written; a mapping that names what it starts from is one value.
void flatten(const Tree& tree, const std::string& path, AxisSetting& setting) {
  if (tree.kind != Tree::Kind::mapping || tree.find("from") != nullptr || tree.find("kind") != nullptr) {
    setting.changes.emplace_back(path, tree);
    return;
  }
  for (const auto& entry : tree.entries) {
    flatten(entry.value, path.empty() ? entry.key : path + '.' + entry.key, setting);
  }
}

Axis read_variants(const Config& variants, const std::string& name) {
  Axis axis;
  axis.columns = {name};
  for (const auto& variant : variants.keys()) {
    const Config changes = variants.at(variant);
    if (!changes.is_mapping()) changes.fail("expected the keys of the scenario that this variant changes");
    AxisSetting setting{{variant}, {}};
    flatten(changes.tree(), "", setting);
    axis.settings.push_back(std::move(setting));
  }
  if (axis.settings.empty()) variants.fail("has no variants");
  return axis;
}

}  // namespace

AxisSetting Axis::at(double u) const {
  if (!continuum) {
    const auto index = static_cast<std::size_t>(u * static_cast<double>(settings.size()));
    return settings[std::min(index, settings.size() - 1)];
  }
  const Continuum& c = *continuum;
  const double last = c.integer ? c.to + 1 : c.to;  // the last integer is as likely as the others
  double value = c.logarithmic ? c.from * std::pow(last / c.from, u) : c.from + (last - c.from) * u;
  if (c.integer) value = std::min(std::floor(value), c.to);
  const std::string text = c.unit.empty() ? fmt::format("{:.6g}", value) : fmt::format("{:.6g} {}", value, c.unit);
  return {{text}, {{columns[0], scalar(text, {})}}};
}

std::vector<Axis> read_axes(const Config& axes) {
  std::vector<Axis> list;
  for (const auto& name : axes.keys()) {
    const Config axis = axes.at(name);
    if (axis.is_mapping() && axis.has("zip")) {
      list.push_back(read_zip(axis.at("zip")));
    } else if (axis.is_mapping() && axis.has("variants")) {
      list.push_back(read_variants(axis.at("variants"), name));
    } else {
      list.push_back(read_values(axis, name));
    }
  }
  return list;
}

}  // namespace teapot

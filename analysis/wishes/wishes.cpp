// Reads wishes, and puts them into scenarios.
// Knows none by name.

#include "analysis/wishes/wishes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "analysis/cost/network_cost.hpp"
#include "analysis/scenario/scenario.hpp"

namespace teapot {
namespace {

Wish read_wish(const Config& config) {
  Wish wish;
  wish.name = config.at("name").as<std::string>();
  wish.says = config.at("says").as<std::string>();
  wish.section = config.get_or<std::string>("section", "");
  wish.design = config.get_or("design", false);
  wish.choice = config.get_or<std::string>("choice", wish.name);
  const Config where = config.section("where");
  for (const auto& key : where.keys()) wish.where.emplace_back(key, where.at(key).as<std::string>());
  wish.parts = config.get_or<std::string>("parts", "");
  if (!wish.parts.empty()) load_prices(wish.parts);  // a list that is there
  const Config set = config.section("set");
  for (const auto& key : set.keys()) wish.set.emplace_back(key, set.at(key).tree());
  if (wish.set.empty() && wish.parts.empty()) config.fail("changes nothing: neither set nor parts");
  return wish;
}

const Tree* find_path(const Tree& tree, const std::string& path) {
  const Tree* at = &tree;
  for (std::size_t begin = 0; at != nullptr && begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    at = at->find(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return at;
}

std::string text_at(const Tree& tree, const std::string& path) {
  const Tree* at = find_path(tree, path);
  return at != nullptr && at->kind == Tree::Kind::scalar ? at->text : "";
}

/// The factor of "2 x"; nothing for any other value.
std::optional<double> factor(const Tree& value) {
  if (value.kind != Tree::Kind::scalar || !value.text.ends_with(" x")) return {};
  return Config{parse_yaml(value.text.substr(0, value.text.size() - 2), "wish")}.as<double>();
}

/// What "+ 7 us" adds; nothing for any other value.
std::optional<std::string> more(const Tree& value) {
  if (value.kind != Tree::Kind::scalar || !value.text.starts_with("+ ")) return {};
  return value.text.substr(2);
}

struct Split {
  double number;
  std::string unit;
};
Split split(const std::string& quantity) {
  const std::size_t end = std::min(quantity.find_first_not_of("+-.0123456789eE"), quantity.size());
  return {Config{parse_yaml(quantity.substr(0, end), "wish")}.as<double>(), quantity.substr(end)};
}

/// A number with its unit, times a factor.
std::string times(const std::string& quantity, double by) {
  const auto [number, unit] = split(quantity);
  return fmt::format("{:.12g}{}", number * by, unit);
}

/// A number with its unit and another with the same.
std::string plus(const std::string& quantity, const std::string& added) {
  const auto [number, unit] = split(quantity);
  const auto [more, same] = split(added);
  if (unit != same) throw ConfigError(fmt::format("{} cannot be added to {}: write both in one unit", added, quantity));
  return fmt::format("{:.12g}{}", number + more, unit);
}

}  // namespace

std::vector<Wish> read_wishes(const Config& config) {
  std::vector<Wish> wishes;
  for (const Config& item : config.at("wishes").items()) wishes.push_back(read_wish(item));
  config.reject_unread_keys();
  return wishes;
}

Tree with_wish(const Tree& resolved, const Wish& wish) {
  for (const auto& [key, wanted] : wish.where) {
    const std::string is = text_at(resolved, key);
    if (is.empty()) throw ConfigError(fmt::format("the scenario has no {}", key));
    if (wanted != "any" && is != wanted) throw ConfigError(fmt::format("{} is {}, not {}", key, is, wanted));
  }
  Tree changed = resolved;
  for (const auto& [key, value] : wish.set) {
    const auto by = factor(value);
    const auto added = more(value);
    if (!by && !added) {
      set_path(changed, key, value);
      continue;
    }
    const std::string is = text_at(resolved, key);
    if (is.empty()) throw ConfigError(fmt::format("the scenario has no {}", key));
    set_path(changed, key, parse_yaml(by ? times(is, *by) : plus(is, *added), "wish"));
  }
  return changed;
}

}  // namespace teapot

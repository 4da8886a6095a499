// A scenario as it is written: loaded, and changed by --set.
// Does not know what its keys mean.

#include <fmt/format.h>

#include "analysis/scenario/scenario.hpp"

namespace teapot {

void set_key(Tree& scenario, const std::string& key, const Tree& value) {
  static const std::vector<std::pair<std::string, std::string>> parts{
      {"model", "deepseek-v3"}, {"accelerator", "h800"}, {"fabric", "h800-mpft"}};
  for (const auto& [part, name] : parts) {
    const Tree* written = scenario.find(part);
    const bool inside = key.starts_with(part + '.') && key != part + ".from" && key != part + ".kind";
    const bool absent = written == nullptr || written->kind == Tree::Kind::null;
    if (!inside || !absent || (part == "fabric" && scenario.find("platform") != nullptr)) continue;
    Tree fallback;
    fallback.kind = Tree::Kind::scalar;
    fallback.text = name;
    fallback.place = value.place;
    set_path(scenario, part, fallback);
  }
  set_path(scenario, key, value);
}

void apply_set(Tree& tree, const std::string& assignment, PutKey put) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw ConfigError(
        fmt::format("--set {}: expected key=value, such as decode.overlap=none", one_line(assignment, 200)));
  }
  const std::string key = assignment.substr(0, equals);
  if (key.front() == '.' || key.back() == '.' || key.find("..") != std::string::npos)
    throw ConfigError(fmt::format("--set {}: a part of the key is empty", one_line(key, 200)));
  put(tree, key, parse_yaml(assignment.substr(equals + 1), "--set " + one_line(key, 200)));
}

Tree load_scenario_tree(const std::string& file, const std::vector<std::string>& sets) {
  Tree tree = load_yaml(file);
  if (tree.kind != Tree::Kind::mapping)
    throw ConfigError(file + ": expected keys and values, such as `model: deepseek-v3`");
  for (const auto& set : sets) apply_set(tree, set, set_key);
  return tree;
}

}  // namespace teapot

// Puts values under keys.
// Does not search.

#include "analysis/commands/choices.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/scenario/scenario.hpp"
#include "sim/message.hpp"

namespace teapot {

ChoiceAxis varied(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
    throw ConfigError(fmt::format("--vary {}: expected KEY=VALUE,VALUE", one_line(text, 200)));
  ChoiceAxis axis{text.substr(0, equals), {text.substr(0, equals)}, {}};
  for (std::size_t from = equals + 1; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    axis.values.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return axis;
}

Tree chosen(const Tree& base, const std::vector<ChoiceAxis>& axes, const std::vector<std::string>& choices) {
  Tree tree = base;
  for (std::size_t i = 0; i < axes.size(); ++i) {
    for (const auto& key : axes[i].keys) apply_set(tree, key + '=' + choices[i], set_key);
  }
  return tree;
}

}  // namespace teapot

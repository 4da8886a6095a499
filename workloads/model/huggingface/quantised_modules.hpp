#pragma once
// Which format each module of a quantised checkpoint has: names of modules against patterns.
// Knows no key of a file.

#include <map>
#include <string>
#include <vector>

#include "workloads/model/model.hpp"

namespace teapot {

/// "Linear", "lm_head", "model.layers.0.mlp", "*self_attn*", "re:.*self_attn.*": all, names, parts of a path, globs,
/// expressions.
using ModulePatterns = std::vector<std::string>;

/// A format and the modules that have it.
struct FormatRule {
  ModulePatterns targets;
  Format format;
};

/// How many of the modules of one part of the model have a format, by its name.
using FormatCounts = std::map<std::string, int>;

struct PartFormats {
  FormatCounts attention, dense, experts, shared;
};

/// Over the layers that have the part; where layers are written as several, over a layer for each. A module that is
/// excluded, or that no rule names, is `plain`; rules that name modules go before one that names all.
PartFormats count_formats(const Model& model, const std::vector<FormatRule>& rules, const ModulePatterns& excluded,
                          const Format& plain);

}  // namespace teapot

#pragma once
// What a quantization_config says: which modules are in which format, and which stay as they were.
// Knows no model.

#include <string>
#include <vector>

#include "workloads/model/huggingface/keys.hpp"
#include "workloads/model/huggingface/quantised_modules.hpp"

namespace teapot {

/// Modules that stay as they were.
std::vector<std::string> patterns_of(const Keys& q);
/// Who quantised; empty where that is not said.
std::string method_of(const Keys& q);
/// AutoRound lists modules that differ: bits of 16 leave one as it was.
void read_extra(const Keys& q, ModulePatterns& left, std::vector<FormatRule>& rules);
/// Whether files of this method list the modules that stay as they were.
bool lists_modules(const std::string& method);
/// The formats of modules; the last rule is of most of them.
std::vector<FormatRule> read_rules(const Keys& q);

}  // namespace teapot

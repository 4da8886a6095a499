#pragma once
// Conditions on a scenario's keys: `deployment.gpus > 64 and fabric != slim-fly`.
// Knows no key; words are looked up in the scenario, and stand for themselves where they are not in it.

#include <string>
#include <utility>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

/// Names that are not in the scenario but may stand in a condition (the name of an axis of variants), with their text.
using ConditionNames = std::vector<std::pair<std::string, std::string>>;

/// Comparisons (== != < <= > >=) of sums and products (+ - * / %) of numbers, quantities, words and keys, joined by
/// `and`, `or`, `not` and parentheses. Fails at `condition` where it cannot be read, where a dotted key is not in the
/// scenario, or where what is compared is not alike.
bool holds(const Config& condition, const Tree& scenario, const ConditionNames& names);

}  // namespace teapot

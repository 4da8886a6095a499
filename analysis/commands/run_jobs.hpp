#pragma once
// ./teapot run of a scenario with `jobs`.
// Knows no other scenario.

#include <string>
#include <vector>

#include "sim/config.hpp"

namespace teapot::run_command {

/// Simulates the jobs and prints what they lose to one another. `of_one`: what is given with --explain, --trace, --html
/// and --out, for which several jobs have no place.
void run_jobs(const Tree& tree, const std::string& name, bool json, const std::vector<std::string>& of_one);

}  // namespace teapot::run_command

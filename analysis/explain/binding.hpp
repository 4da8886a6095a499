#pragma once
// The resource that binds a step: the one whose raise lowers it most, found by simulating again.
// Knows no output format.

#include <optional>

#include "analysis/run/report.hpp"
#include "analysis/run/summary.hpp"

namespace teapot {

/// Raises resources by 10% one after another, the likeliest first, and stops when none that is left could bring more:
/// raising everything by 10% saves 1 - 1/1.1 of the step, what one has brought the others cannot bring, and none brings
/// more than it shortens the chain of operators that ends last. Nothing where no raise lowers the step by 0.01%.
std::optional<Binding> find_binding(const Scenario& scenario, const Run& before, const Report& report);

}  // namespace teapot

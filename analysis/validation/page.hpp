#pragma once
// The page that says how well predictions agree with measurements, and its plot.
// Computes nothing: every figure is a Validation's.

#include <string>
#include <vector>

#include "analysis/validation/validation.hpp"

namespace teapot {

/// Markdown. `plot` and `curves` are where those will be, relative to the page (without `curves` they are not shown);
/// `where_it_fails` a paragraph.
std::string validation_page(const std::vector<Validation>& cases, const std::string& plot, const std::string& curves,
                            const std::string& where_it_fails);
/// Simulated against measured times, both axes logarithmic: an SVG of 720 x 560.
std::string validation_plot(const std::vector<Validation>& cases);
/// One line a case, for a terminal.
std::string validation_table(const std::vector<Validation>& cases);
/// Below it: errors by engine, model, accelerator and precision, of cases whose rows say them.
std::string validation_groups(const std::vector<Validation>& cases);

}  // namespace teapot

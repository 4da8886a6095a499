#pragma once
// Computing that lasts exactly as long as communicating (Insights into DeepSeek-V3, arXiv 2505.09343, section 2.3.2).
// Knows no layer and no model.

#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

/// Gives each collective's time, in equal parts, to the compute operators issued while it is in flight: those between
/// it and the first that waits for it or, where there are none (no overlap), from that one to the next collective.
void compute_as_long_as_communication(Program& program, const Timeline& timeline);

}  // namespace teapot

#pragma once
// What each GPU did in a step, and what it sent to whom.
// Knows no page.

#include <functional>
#include <vector>

#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

/// computing + exposed + idle = step.
struct GpuLoad {
  double computing_s = 0;
  double exposed_s = 0;  ///< a collective in flight and nothing computing
  double idle_s = 0;     ///< neither
  double sent_bytes = 0;
  double received_bytes = 0;
};

/// By rank.
std::vector<GpuLoad> gpu_loads(const Program& program, const Timeline& timeline);

/// Calls f(sender, receiver, bytes of the step) for each pair of each different traffic matrix, in a fixed order.
void for_each_transfer(const Program& program, const std::function<void(int, int, double)>& f);

}  // namespace teapot

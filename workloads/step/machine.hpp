#pragma once
// What a decode step must know of the machine it runs on. Analysis fills it from platforms and topologies.
// Knows no accelerator, runtime or fabric by name.

#include <vector>

#include "sim/costs.hpp"
#include "sim/kernel.hpp"

namespace teapot {

struct Machine {
  TimeKernel time;
  CollectiveCosts collective;
  RuntimeCost runtime;
  std::vector<int> domain;  ///< scale-up domain of each rank
};

}  // namespace teapot

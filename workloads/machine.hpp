#pragma once
// What a decode step must know of the machine it runs on. Analysis fills it from platforms and topologies.
// Knows no accelerator, runtime or fabric by name.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/kernel.hpp"
#include "sim/program.hpp"
#include "sim/units.hpp"

namespace teapot {

/// What a communication kernel costs beyond the bytes it sends.
struct CollectiveCost {
  Seconds overhead;                  ///< software floor of one call
  std::shared_ptr<const Wire> wire;  ///< how well it uses the links
  double sm_share = 0;               ///< part of the accelerator it holds while in flight
};

/// What the serving stack adds; all zero for an ideal one.
struct RuntimeCost {
  Seconds per_operator;    ///< to each compute operator (launch gaps)
  Seconds per_collective;  ///< to each collective, on the compute stream (send and receive kernels)
  Seconds per_layer;       ///< to each layer and micro-batch
  Seconds per_step;        ///< once a step (scheduler, sampling, host)
};

struct Machine {
  TimeKernel time;
  /// Cost of `dispatch`, `combine`, `all-reduce`, `all-gather`, `reduce-scatter` or `send`.
  std::function<CollectiveCost(const std::string& operation)> collective;
  RuntimeCost runtime;
  std::vector<int> domain;  ///< scale-up domain of each rank
};

}  // namespace teapot

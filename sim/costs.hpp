#pragma once
// What communication kernels and the serving stack cost beyond the bytes and flops: explicit data, never hidden
// elsewhere. Knows no library and no stack by name; platforms read them from YAML, workloads put them into programs.

#include <functional>
#include <memory>
#include <string>

#include "sim/program.hpp"
#include "sim/units.hpp"

namespace teapot {

/// What a communication kernel costs beyond the bytes it sends.
struct CollectiveCost {
  Seconds overhead;                  ///< software floor of one call
  std::shared_ptr<const Wire> wire;  ///< how well it uses the links; none: line rate
  double sm_share = 0;               ///< part of the accelerator it holds while in flight
  double error = 0;                  ///< median relative residual of the fit; 0 where none is stated
};

/// Cost of `dispatch`, `combine`, `all-reduce`, `all-gather`, `reduce-scatter`, `broadcast` or `send`.
using CollectiveCosts = std::function<CollectiveCost(const std::string& operation)>;

/// What the serving stack adds; all zero for an ideal one.
struct RuntimeCost {
  Seconds per_operator;    ///< to each compute operator (launch gaps)
  Seconds per_collective;  ///< to each collective, on the compute stream (send and receive kernels)
  Seconds per_layer;       ///< to each layer and micro-batch
  Seconds per_step;        ///< once a step (scheduler, sampling, host)
  double error = 0;        ///< how far off they may be, as a part of them
};

}  // namespace teapot

#pragma once
// What would make a deployment fit that does not.
// Knows no message but its own part of one.

#include <string>

#include "sim/units.hpp"

namespace teapot {

struct Scenario;

/// "12 requests a GPU would; so would tensor_parallel 16, ..." : the requests that fit in `have` on each GPU, and which
/// single changes of tensor parallelism, GPUs or precision would make all of them fit.
std::string what_would_fit(const Scenario& scenario, Bytes have);

}  // namespace teapot

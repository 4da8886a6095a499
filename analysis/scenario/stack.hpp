#pragma once
// What a serving stack becomes on the deployment, precision and accelerator of a scenario.
// Knows no stack by name.

#include "platforms/accelerator.hpp"
#include "sim/costs.hpp"
#include "workloads/layout/layout.hpp"
#include "workloads/model/precision.hpp"

namespace teapot {

/// The accelerator with the stack's own libraries where it names some.
Accelerator with_libraries(Accelerator accelerator, const RuntimeCost& runtime);

/// Kernels that go into all-reduces where there are some, and those beside experts of 4 bits as in FP4 where the tensor
/// cores take these without widening them.
void fuse_on(const Layout& layout, const Precision& precision, const Accelerator& accelerator, RuntimeCost& runtime);

}  // namespace teapot

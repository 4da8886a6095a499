// Choosing among the lists of fused kernels.
// Knows no kernel by name.

#include "analysis/scenario/stack.hpp"

#include "analysis/scenario/libraries.hpp"

namespace teapot {

Accelerator with_libraries(Accelerator accelerator, const RuntimeCost& runtime) {
  accelerator.collectives = usual_collectives(accelerator, runtime);
  return accelerator;
}

void fuse_on(const Layout& layout, const Precision& precision, const Accelerator& accelerator, RuntimeCost& runtime) {
  if (layout.tensor_parallel > 1)
    runtime.fused.insert(runtime.fused_all_reduce.begin(), runtime.fused_all_reduce.end());
  if (!narrow_products(precision.weights.name, accelerator)) return;
  const auto fp4 = runtime.fused_experts.find("fp4");
  if (fp4 != runtime.fused_experts.end()) runtime.fused_experts["weight-only"] = fp4->second;
}

}  // namespace teapot

// The roofline: what a kernel asks, over what the accelerator gives.
// Knows no measured table.

#include "platforms/kernels.hpp"

#include <algorithm>
#include <cmath>

namespace teapot {
namespace {

double padded(double count, int tile) { return tile > 1 ? std::ceil(count / tile) * tile : count; }

/// Products are computed in whole tiles, so the arithmetic grows to the next multiple; each group has tiles of its own.
double padding(const KernelShape& shape, const KernelFit& fit) {
  if (!(shape.m > 0) || !(shape.n > 0)) return 1;
  const double groups = std::max(1.0, shape.groups);
  const double rows = padded(shape.m / groups, fit.tile_rows) * groups;
  return rows / shape.m * padded(shape.n, fit.tile_columns) / shape.n;
}

/// A corner that is rounded where arithmetic and memory traffic do not overlap fully.
Seconds roofline(Seconds compute, Seconds memory, double sharpness) {
  const Seconds longer = std::max(compute, memory);
  if (sharpness == 0 || !(longer > Seconds{})) return longer;
  const double ratio = std::min(compute, memory) / longer;
  return longer * std::pow(1 + std::pow(ratio, sharpness), 1 / sharpness);
}

}  // namespace

TimeKernel modelled(const Accelerator& accelerator) {
  return [accelerator](const Kernel& kernel) {
    const KernelFit& fit = accelerator.fit(kernel.kind, kernel.precision);
    Seconds compute;
    if (kernel.flops > Flops{}) {
      compute = kernel.flops * padding(kernel.shape, fit) / (accelerator.peak_of(kernel.precision) * fit.compute);
    }
    const Seconds memory = kernel.bytes / (accelerator.memory_bandwidth * fit.memory);
    return KernelTime{(accelerator.launch + fit.startup) * kernel.launches + roofline(compute, memory, fit.sharpness),
                      Provenance::modelled};
  };
}

}  // namespace teapot

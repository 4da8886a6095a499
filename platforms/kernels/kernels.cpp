// The roofline: what a kernel asks, over what the accelerator gives.
// Knows no measured table.

#include "platforms/kernels/kernels.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace teapot {

double value_bytes(const std::string& format) {
  if (format == "fp4" || format == "int4") return 0.5;
  if (format == "fp8" || format == "int8") return 1;
  if (format == "fp32" || format == "tf32") return 4;
  return 2;
}

namespace {

/// What a product runs in, whatever the format in which its activations come.
std::string arithmetic_of(const Kernel& kernel, const Accelerator& accelerator) {
  return narrow_products(kernel.stored, accelerator) ? "fp8" : kernel.precision;
}

/// The fit of a product goes by what is read: 4 bits where the tensor cores take them.
std::string fit_of(const Kernel& kernel, const Accelerator& accelerator) {
  return narrow_products(kernel.stored, accelerator) ? "fp4" : kernel.precision;
}

bool is_product(const Kernel& kernel) {
  return kernel.kind.ends_with("gemm") && kernel.shape.m > 0 && kernel.shape.n > 0 && kernel.shape.k > 0;
}

/// Tiles that the rows of a matrix fill. Of several groups only the mean is known: theirs end anywhere in a tile, so
/// that one more is half full in the mean.
double row_tiles(double rows, double tile_rows, double groups) {
  return groups > 1 ? std::max(1.0, rows / tile_rows + 0.5) : std::ceil(rows / tile_rows);
}

/// Time of the tiles: full tiles are computed even where few rows are wanted, SMs work through them in waves, one SM
/// can only load so fast, and a block along k has a latency.
Seconds tiled(const Kernel& kernel, const Accelerator& accelerator, const KernelFit& fit) {
  const KernelShape& shape = kernel.shape;
  const double groups = std::max(1.0, shape.groups);
  const bool grouped = kernel.kind == "grouped-gemm" || kernel.kind == "weight-gradient-gemm";
  const double rows = grouped ? shape.m / groups : shape.m;
  const FlopsPerSecond speed = accelerator.peak_of(arithmetic_of(kernel, accelerator)) * fit.compute / accelerator.sms;
  const Seconds block = rows < fit.paired_rows ? fit.block : fit.paired_block;
  const Seconds latency = block * (shape.k / accelerator.tiles.depth);
  Seconds best{std::numeric_limits<double>::infinity()};
  for (const double tile_rows : accelerator.tiles.rows) {
    for (const double tile_columns : accelerator.tiles.columns) {
      const double tiles = groups * row_tiles(rows, tile_rows, groups) * std::ceil(shape.n / tile_columns);
      Seconds tile = std::max(latency, Flops{2 * tile_rows * tile_columns * shape.k} / speed);
      if (fit.sm_bandwidth > BytesPerSecond{}) {
        const Bytes loaded{(tile_columns + tile_rows) * shape.k * value_bytes(kernel.precision)};
        tile = std::max(tile, loaded / fit.sm_bandwidth);
      }
      best = std::min(best, tile * std::ceil(tiles / accelerator.sms));
    }
  }
  return best;
}

Seconds compute_time(const Kernel& kernel, const Accelerator& accelerator, const KernelFit& fit) {
  if (!(kernel.flops > Flops{})) return {};
  if (is_product(kernel)) return tiled(kernel, accelerator, fit);
  const double pairs = kernel.shape.batch * kernel.shape.kv_heads;
  return kernel.flops / (accelerator.peak_of(arithmetic_of(kernel, accelerator)) * fit.compute) +
         fit.block * (pairs / accelerator.sms);
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
    const KernelFit& fit = accelerator.fit(kernel.kind, fit_of(kernel, accelerator));
    const Seconds compute = compute_time(kernel, accelerator, fit);
    const Seconds memory = kernel.bytes / (accelerator.memory_bandwidth * fit.memory);
    return KernelTime{(accelerator.launch + fit.startup) * kernel.launches + roofline(compute, memory, fit.sharpness),
                      Provenance::modelled};
  };
}

}  // namespace teapot

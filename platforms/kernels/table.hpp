#pragma once
// Measured kernel times, and how to read between them: rows of platforms/kernels/*.csv, each a kernel with its time.
// Knows no model; a table applies to the accelerators that name it.

#include <string>
#include <vector>

#include "platforms/kernels/kernels.hpp"

namespace teapot {

/// One measurement: the kernel with its flops and bytes, and how long it took alone.
struct KernelRow {
  std::string table;  ///< the accelerator it was measured on, as Accelerator::tables names it
  std::string source;
  Kernel kernel;
  Seconds time;
};

/// All rows of platforms/kernels/*.csv, in the order written. Throws ConfigError naming file and line.
std::vector<KernelRow> read_kernel_rows();

/// Interpolated between rows of the accelerator's tables: the model corrected by how far the rows around lie off it,
/// held between the two next rows, so that more work never takes less time. Beyond the rows the model answers, and is
/// tagged so; close to a row it still has that row's correction, which fades with the distance.
TimeKernel measured(const Accelerator& accelerator, const std::vector<KernelRow>& rows);
/// The same with all rows there are.
TimeKernel measured(const Accelerator& accelerator);

}  // namespace teapot

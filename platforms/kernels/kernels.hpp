#pragma once
// How long kernels take on an accelerator: by a roofline with fitted efficiencies, or from measured tables.
// Knows no model: a kernel says how much it computes, reads and writes, and its shape.

#include <string>

#include "platforms/accelerator.hpp"
#include "sim/kernel.hpp"

namespace teapot {

/// launches * (launch + startup) + roofline, with the efficiencies of the kernel's kind. A matrix product runs in whole
/// tiles, in waves over the SMs; the library is taken to choose the tile that ends first.
TimeKernel modelled(const Accelerator& accelerator);

/// Bytes of one operand value in a format; two where its name does not tell.
double value_bytes(const std::string& format);

}  // namespace teapot

#pragma once
// The kernels that layers are made of: flops and bytes by formula, precision by operand.
// Knows no layer and no accelerator.

#include <string>
#include <vector>

#include "sim/kernel.hpp"
#include "workloads/model/precision.hpp"

namespace teapot {

constexpr double bf16 = 2;  ///< bytes; what kernels hand to each other between matrix products

/// m rows of activations by a matrix of weights, k x n.
Kernel gemm(const std::string& name, const Precision& p, double m, double n, double k);
/// `matrices` products of m x k by k x n, one for each head; weights and values in the format of attention.
Kernel batched(const std::string& name, const Precision& p, double matrices, double m, double n, double k);
/// Reads and writes so many numbers of two bytes for each of m rows.
Kernel elementwise(const std::string& name, double m, double values_read, double values_written);
/// Turns BF16 activations into those the next matrix product wants; nothing where they are BF16 already.
void add_quantisation(std::vector<Kernel>& kernels, const std::string& name, const Precision& p, double m,
                      double values);

}  // namespace teapot

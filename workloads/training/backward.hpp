#pragma once
// What follows from the kernels of a forward pass: those that compute gradients of inputs and of weights.
// Knows no layer and no accelerator.

#include <vector>

#include "sim/kernel.hpp"
#include "workloads/model/precision.hpp"
#include "workloads/training/training.hpp"

namespace teapot {

/// As a trainer computes them: a training step keeps no cache, draws no token, sorts tokens by expert.
std::vector<Kernel> training_forward(std::vector<Kernel> kernels);

/// Gradients of what came in. A product of m x k by k x n becomes one of m x n by n x k; the core of attention two and
/// a half times its flops (scores once more: arXiv 2205.14135, section 3.1); a pass over activations reads its inputs
/// and the gradients of its results and writes those of its inputs. With what is computed again before.
std::vector<Kernel> input_gradients(const std::vector<Kernel>& forward, const Precision& precision,
                                    const Training& training);

/// Gradients of weights, summed in FP32 over micro-batches: n x m by m x k; operands quantised along the other
/// dimension where they are 8 bits wide.
std::vector<Kernel> weight_gradients(const std::vector<Kernel>& forward, const Precision& precision);

/// Whether the kernel multiplies by weights.
bool has_weights(const Kernel& kernel);

}  // namespace teapot

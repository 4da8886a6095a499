// Flops and bytes of matrix products and of what passes over activations.
// Knows no layer and no accelerator.

#include "workloads/model/kernels.hpp"

namespace teapot {

Kernel gemm(const std::string& name, const Precision& p, double m, double n, double k) {
  // Sparse weights (2:4) are multiplied at twice the speed: half of the products are left out.
  Kernel kernel{name, "gemm", p.activations.arithmetic, {2 * m * n * k * p.weights.density}, {}, 1, {}};
  kernel.bytes = activation_bytes(p.activations, m, k) + weight_bytes(p.weights, n, k) + Bytes{m * n * bf16};
  kernel.shape.m = m;
  kernel.shape.n = n;
  kernel.shape.k = k;
  if (p.weights.bits < p.activations.bits) kernel.stored = p.weights.name;
  return kernel;
}

Kernel batched(const std::string& name, const Precision& p, double matrices, double m, double n, double k) {
  Kernel kernel{name, "batched-gemm", p.attention.arithmetic, {2 * matrices * m * n * k}, {}, 1, {}};
  kernel.bytes = matrices * (activation_bytes(p.attention, m, k) + weight_bytes(p.attention, n, k)) +
                 Bytes{matrices * m * n * bf16};
  kernel.shape.m = m;
  kernel.shape.n = n;
  kernel.shape.k = k;
  kernel.shape.groups = matrices;
  return kernel;
}

Kernel elementwise(const std::string& name, double m, double values_read, double values_written) {
  Kernel kernel{name, "elementwise", "bf16", {m * values_read}, {m * (values_read + values_written) * bf16}, 1, {}};
  kernel.shape.m = m;
  kernel.shape.n = values_written;
  kernel.shape.k = values_read;
  return kernel;
}

void add_quantisation(std::vector<Kernel>& kernels, const std::string& name, const Precision& p, double m,
                      double values) {
  if (p.activations.bits >= 16) return;
  Kernel kernel = elementwise(name, m, values, 0);
  kernel.bytes += activation_bytes(p.activations, m, values);
  kernels.push_back(kernel);
}

}  // namespace teapot

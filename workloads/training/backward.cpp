// Gradients kernel by kernel.
// Knows no layer.

#include "workloads/training/backward.hpp"

#include <algorithm>

#include "workloads/model/kernels.hpp"

namespace teapot {
namespace {

constexpr double summed = 4;  // bytes of a number of a weight's gradient
/// Products of an attention's backward over those of its forward: five of the same size instead of two.
constexpr double attention_backward = 2.5;

double groups_of(const Kernel& kernel) { return std::max(1.0, kernel.shape.groups); }

Kernel input_product(const Kernel& forward, const Precision& p) {
  Kernel kernel = forward;
  kernel.name += "-input";
  std::swap(kernel.shape.n, kernel.shape.k);
  const bool narrow = kernel.precision != "bf16";
  const Format& weights = narrow ? p.weights : format("bf16");
  const Format& activations = narrow ? p.activations : format("bf16");
  const double copies = forward.kind == "grouped-gemm" ? groups_of(forward) : 1;
  kernel.bytes = activation_bytes(activations, kernel.shape.m, kernel.shape.k) +
                 copies * weight_bytes(weights, kernel.shape.n, kernel.shape.k) +
                 Bytes{kernel.shape.m * kernel.shape.n * bf16};
  return kernel;
}

Kernel weight_product(const Kernel& forward, const Precision& p) {
  Kernel kernel = forward;
  kernel.name += "-weights";
  const double copies = forward.kind == "grouped-gemm" ? groups_of(forward) : 1;
  const double m = forward.shape.m / copies;
  kernel.shape.m = forward.shape.n * copies;
  kernel.shape.n = forward.shape.k;
  kernel.shape.k = m;
  const Format& activations = kernel.precision != "bf16" ? p.activations : format("bf16");
  if (kernel.precision != "bf16") kernel.kind = "weight-gradient-gemm";  // scaled along tokens on both sides
  // Both operands, and the sum so far read and written.
  kernel.bytes = activation_bytes(activations, forward.shape.m, forward.shape.n) +
                 activation_bytes(activations, forward.shape.m, forward.shape.k) +
                 Bytes{2 * summed * forward.shape.n * forward.shape.k * copies};
  return kernel;
}

Kernel input_pass(const Kernel& forward) {
  Kernel kernel = forward;
  kernel.name += "-input";
  kernel.bytes = Bytes{forward.shape.m * (2 * forward.shape.k + forward.shape.n) * bf16};
  return kernel;
}

Kernel attention_core(const Kernel& forward) {
  Kernel kernel = forward;
  kernel.name = "attention-input";
  kernel.kind = "attention-backward";
  kernel.flops = forward.flops * attention_backward;
  // What the forward read and wrote, its gradients, and those of queries, keys and values.
  kernel.bytes = forward.bytes * 2;
  return kernel;
}

bool starts(const Kernel& kernel, const char* with) { return kernel.name.starts_with(with); }

bool computed_again(const Kernel& kernel, const Training& t) {
  if (starts(kernel, "norm")) return t.computes_again("rmsnorm");
  if (kernel.name == "q_b" || kernel.name == "kv_b") return t.computes_again("mla-up");
  if (kernel.name.ends_with("-activation")) return t.computes_again("swiglu");
  return false;
}

}  // namespace

bool has_weights(const Kernel& kernel) {
  return kernel.kind == "gemm" || kernel.kind == "grouped-gemm" || kernel.kind == "weight-gradient-gemm";
}

std::vector<Kernel> training_forward(std::vector<Kernel> kernels) {
  std::erase_if(kernels, [](const Kernel& k) { return k.name == "cache-write" || k.name == "router-sum"; });
  const auto first =
      std::find_if(kernels.begin(), kernels.end(), [](const Kernel& k) { return k.name == "experts-up"; });
  const bool sorted =
      std::any_of(kernels.begin(), kernels.end(), [](const Kernel& k) { return k.name == "experts-gather"; });
  if (first == kernels.end() || sorted) return kernels;
  // An exchange hands over each token once, for all experts of a GPU: it is copied into their order, and their results
  // are added up (github.com/deepseek-ai/DeepEP, normal kernels).
  const double rows = first->shape.m;
  const double width = first->shape.k;
  kernels.insert(first, elementwise("permute", rows, width, width));
  kernels.push_back(elementwise("unpermute", rows, width, width));
  return kernels;
}

std::vector<Kernel> input_gradients(const std::vector<Kernel>& forward, const Precision& p, const Training& t) {
  std::vector<Kernel> kernels;
  for (const Kernel& kernel : forward) {
    if (!computed_again(kernel, t)) continue;
    kernels.push_back(kernel);
    kernels.back().name += "-again";
  }
  for (auto at = forward.rbegin(); at != forward.rend(); ++at) {
    if (at->name == "quantise" || at->name.starts_with("top-k") || at->name == "embedding") continue;
    if (at->kind == "attention-prefill") {
      kernels.push_back(attention_core(*at));
    } else if (has_weights(*at)) {
      if (at->precision != "bf16") add_quantisation(kernels, "quantise", p, at->shape.m, at->shape.n);
      kernels.push_back(input_product(*at, p));
    } else {
      kernels.push_back(input_pass(*at));
    }
  }
  return kernels;
}

std::vector<Kernel> weight_gradients(const std::vector<Kernel>& forward, const Precision& p) {
  std::vector<Kernel> kernels;
  for (const Kernel& kernel : forward) {
    if (kernel.name == "embedding") {  // gradients of the rows that were looked up
      kernels.push_back(kernel);
      kernels.back().name += "-weights";
    }
    if (!has_weights(kernel)) continue;
    if (kernel.precision != "bf16") {
      const double values = kernel.shape.n + kernel.shape.k;
      add_quantisation(kernels, "quantise-across", p, kernel.shape.m, values);
    }
    kernels.push_back(weight_product(kernel, p));
  }
  return kernels;
}

}  // namespace teapot

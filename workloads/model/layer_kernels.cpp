// Flops and bytes of each kernel of a layer outside attention.
// Knows no accelerator.

#include "workloads/model/layer_kernels.hpp"

#include "workloads/model/kernels.hpp"

namespace teapot {

Kernel norm_kernel(const Model& model, double tokens) {
  return elementwise("norm", tokens, 2.0 * model.hidden, model.hidden);
}

namespace {

/// Fused kernels that choose by biased scores hold a group's in the registers of one thread, 32 at most (SGLang's
/// moe_fused_gate).
constexpr int scores_of_a_thread = 32;

const char* choice_name(const Experts& e) {
  return e.biased && e.routed > e.groups * scores_of_a_thread ? "top-k-biased" : "top-k";
}

}  // namespace

std::vector<Kernel> gate_kernels(const Model& model, const Precision& p, double tokens) {
  // The gate stays in BF16 whatever the weights are (arXiv 2412.19437, section 3.3.1).
  const Precision plain{format("bf16"), format("bf16"), format("bf16"), format("bf16"), 0, {}, {}};
  const Experts& e = model.experts;
  const double choices = e.routed + e.zero;
  std::vector<Kernel> kernels{norm_kernel(model, tokens), gemm("router", plain, tokens, choices, model.hidden),
                              // Few columns leave most SMs idle, so the product is split along k and added up after.
                              elementwise("router-sum", tokens, 8 * choices, choices),
                              elementwise(choice_name(e), tokens, choices, 2.0 * e.top_k)};
  if (e.latent > 0) {
    const Precision shared = p.in(p.shared_part);
    kernels.push_back(gemm("latent-down", shared, tokens, e.latent, model.hidden));
    kernels.push_back(gemm("latent-up", shared, tokens, model.hidden, e.latent));
  }
  return kernels;
}

std::vector<Kernel> feed_forward_kernels(const std::string& name, const Model& model, const Precision& p,
                                         double intermediate, double tokens, int shared_by) {
  const double width = intermediate / shared_by;
  const double up = model.gated ? 2 * width : width;
  std::vector<Kernel> kernels;
  add_quantisation(kernels, "quantise", p, tokens, model.hidden);
  kernels.push_back(gemm(name + "-up", p, tokens, up, model.hidden));
  kernels.push_back(elementwise(name + "-activation", tokens, up, width));
  kernels.push_back(gemm(name + "-down", p, tokens, model.hidden, width));
  return kernels;
}

void add_shared_gate(std::vector<Kernel>& kernels, const Model& model, double tokens) {
  const Precision plain{format("bf16"), format("bf16"), format("bf16"), format("bf16"), 0, {}, {}};
  kernels.push_back(gemm("shared-gate", plain, tokens, 1, model.hidden));
  kernels.push_back(elementwise("shared-scale", tokens, model.hidden + 1, model.hidden));
}

std::vector<Kernel> expert_kernels(const Model& model, const Precision& p, double tokens, double active, int shared_by,
                                   bool unsorted) {
  const double width = static_cast<double>(model.experts.intermediate) / shared_by;
  const double up = model.gated ? 2 * width : width;
  const auto grouped = [&](const char* name, double n, double k) {
    Kernel kernel = gemm(name, p, tokens, n, k);
    kernel.kind = "grouped-gemm";
    kernel.bytes =
        activation_bytes(p.activations, tokens, k) + active * weight_bytes(p.weights, n, k) + Bytes{tokens * n * bf16};
    kernel.shape.groups = active;
    return kernel;
  };
  const int seen = model.experts.width(model.hidden);
  std::vector<Kernel> kernels;
  if (unsorted) {
    kernels.push_back(elementwise("experts-sort", tokens, 4, 4));
    kernels.back().launches = 2;  // counts, then places
    kernels.push_back(elementwise("experts-gather", tokens, seen, seen));
  }
  kernels.push_back(grouped("experts-up", up, seen));
  kernels.push_back(elementwise("experts-activation", tokens, up, width));
  kernels.push_back(grouped("experts-down", seen, width));
  if (unsorted) kernels.push_back(elementwise("experts-sum", tokens, seen, 1.0 * seen / model.experts.top_k));
  return kernels;
}

Kernel embedding_kernel(const Model& model, double tokens) {
  Kernel kernel{"embedding", "elementwise", "bf16", {}, {}, 1, {}};
  kernel.bytes = Bytes{2 * tokens * model.hidden * 2};
  kernel.shape.m = tokens;
  kernel.shape.n = model.hidden;
  kernel.shape.k = model.hidden;
  return kernel;
}

std::vector<Kernel> head_kernels(const Model& model, double tokens, int shared_by) {
  const Precision plain{format("bf16"), format("bf16"), format("bf16"), format("bf16"), 0, {}, {}};
  const double columns = static_cast<double>(model.vocabulary) / shared_by;
  return {norm_kernel(model, tokens), gemm("head", plain, tokens, columns, model.hidden),
          elementwise("sample", tokens, columns, 1)};
}

std::vector<Kernel> mtp_entry_kernels(const Model& model, const Precision& p, double tokens) {
  std::vector<Kernel> kernels{elementwise("norm", tokens, 2.0 * model.hidden, 2.0 * model.hidden)};
  add_quantisation(kernels, "quantise", p, tokens, 2.0 * model.hidden);
  kernels.push_back(gemm("mtp-join", p, tokens, model.hidden, 2.0 * model.hidden));
  return kernels;
}

}  // namespace teapot

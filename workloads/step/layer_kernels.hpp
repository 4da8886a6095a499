#pragma once
// The kernels of a decode step, derived from shapes: flops and bytes by formula, precision by operand.
// Knows no accelerator: how long a kernel takes is not decided here.

#include <vector>

#include "sim/kernel.hpp"
#include "workloads/model/model.hpp"
#include "workloads/step/decode.hpp"

namespace teapot {

/// What one group of tensor-parallel GPUs decodes together, and how many GPUs share it.
struct Batch {
  double requests = 0;
  double queries = 1;  ///< tokens of each request in one step
  double context = 0;  ///< tokens of cache that are read for each request, the mean
  int shared_by = 1;   ///< GPUs that split heads and matrix columns

  double tokens() const { return requests * queries; }
};

/// Norm, projections to queries and cache, MLA's absorption of W_UK, rotary embedding.
std::vector<Kernel> projection_kernels(const Model&, const Attention&, const Precision&, const Batch&);
/// Core of attention over the cache (each request's cache read once), W_UV, projection out.
std::vector<Kernel> attention_kernels(const Model&, const Attention&, const Precision&, const Batch&);
/// Addition of the residual and norm, as before every feed-forward.
Kernel norm_kernel(const Model&, double tokens);
std::vector<Kernel> gate_kernels(const Model&, double tokens);
/// A feed-forward of which each of `shared_by` GPUs holds a part. `name` leads the kernels' names.
std::vector<Kernel> feed_forward_kernels(const std::string& name, const Model&, const Precision&, double intermediate,
                                         double tokens, int shared_by);
/// `tokens` that arrived at `active` experts of a GPU; each active expert's weights are read once.
std::vector<Kernel> expert_kernels(const Model&, const Precision&, double tokens, double active, int shared_by);
/// Norm, projection to the vocabulary (BF16), choice of the token.
std::vector<Kernel> head_kernels(const Model&, double tokens, int shared_by);
/// Joins the hidden state and the embedding of the last token at the entry of a multi-token prediction module.
std::vector<Kernel> mtp_entry_kernels(const Model&, const Precision&, double tokens);

}  // namespace teapot

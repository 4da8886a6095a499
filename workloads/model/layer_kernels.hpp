#pragma once
// The kernels of a layer outside attention, and of a step's ends, derived from shapes.
// Knows no accelerator: how long a kernel takes is not decided here.

#include <string>
#include <vector>

#include "sim/kernel.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

/// Addition of the residual and norm, as before every feed-forward.
Kernel norm_kernel(const Model&, double tokens);
/// Scores and choice; where experts see a narrower token, the way there and back too.
std::vector<Kernel> gate_kernels(const Model&, const Precision&, double tokens);
/// A feed-forward of which each of `shared_by` GPUs holds a part. `name` leads the kernels' names.
std::vector<Kernel> feed_forward_kernels(const std::string& name, const Model&, const Precision&, double intermediate,
                                         double tokens, int shared_by);
/// What a token's gate does to its shared experts.
void add_shared_gate(std::vector<Kernel>& kernels, const Model& model, double tokens);
/// `tokens` that arrived at `active` experts of a GPU; each active expert's weights are read once. `unsorted`: no
/// exchange has put them into the order of the experts, nor will one add the experts' results up.
std::vector<Kernel> expert_kernels(const Model&, const Precision&, double tokens, double active, int shared_by,
                                   bool unsorted);
/// The look-up in the input embedding.
Kernel embedding_kernel(const Model&, double tokens);
/// Norm, projection to the vocabulary (BF16), choice of the token.
std::vector<Kernel> head_kernels(const Model&, double tokens, int shared_by);
/// Joins the hidden state and the embedding of the last token at the entry of a multi-token prediction module.
std::vector<Kernel> mtp_entry_kernels(const Model&, const Precision&, double tokens);

}  // namespace teapot

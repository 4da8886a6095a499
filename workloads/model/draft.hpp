#pragma once
// A small model that drafts tokens for another to verify: EAGLE's heads, or a model of its own.
// Knows no step and no deployment.

#include <vector>

#include "sim/kernel.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

struct Draft {
  enum class Kind {
    eagle,  ///< a layer over the last state and the next token's embedding (arXiv 2401.15077): 2 x hidden joined to one
    eagle3,  ///< states of three layers joined, then attention over twice the hidden size (arXiv 2503.01840)
    model,   ///< a language model as any other
  };
  Kind kind = Kind::model;
  Model model;                   ///< its layers; `vocabulary` is what its head scores
  int target_hidden = 0;         ///< hidden size of the model it drafts for
  bool shares_embedding = true;  ///< with that model
  bool shares_head = true;

  /// Width of what is joined to its hidden size before its layers, for tokens that the model has just verified, or for
  /// one that it drafted itself; 0: nothing is.
  double joined(bool verified) const;
};

/// EAGLE's head as its authors shape it: one layer, dense, like the model's attention. Throws ConfigError at `value`
/// where the model has no such layer.
Draft usual_draft(Draft::Kind kind, const Model& target, const Config& value);
/// A model's YAML, or a config.json, which may be that of an EAGLE head (draft_vocab_size; a name of its architecture).
/// `kind: eagle | eagle-3 | model` settles what a file does not say. Throws ConfigError.
Draft read_draft(const Config& config, const Model& target);

/// Numbers of its own matrices: layers, the joint, embedding and head where it does not share them.
double draft_parameters(const Draft& draft);
/// The joint, with the norms before it; nothing where nothing is joined.
std::vector<Kernel> join_kernels(const Draft& draft, const Precision& precision, double tokens, bool verified);
/// Formats of its step: weights as its file says (BF16 for the usual ones), cache as the model's.
Precision draft_precision(const Draft& draft, const Precision& of_model);

}  // namespace teapot

#pragma once
// Mixers and feed-forwards put together to layers, as each architecture does.
// Knows no format and no vocabulary.

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {

/// Fills layers, depth, experts and the dense width.
void read_layers(const Base& base, Model& model);
/// Multi-token prediction modules: how many, and of which layers.
void read_prediction(const Base& base, Model& model);

}  // namespace teapot

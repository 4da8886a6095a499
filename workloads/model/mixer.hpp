#pragma once
// What a step asks of a kind of attention, or of what stands in its place. A kind is one file.
// Knows no kind by name, no accelerator and no order of a step.

#include <vector>

#include "sim/kernel.hpp"
#include "workloads/model/batch.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

struct Mixer {
  /// First part of a layer: norm, projections to queries and cache, positions.
  std::vector<Kernel> (*projections)(const Model&, const Attention&, const Precision&, const Batch&);
  /// Second part: the core over the cache (each sequence's cache read once), projection out.
  std::vector<Kernel> (*core)(const Model&, const Attention&, const Precision&, const Batch&);
  /// Weights that each of `shared_by` GPUs holds of one layer.
  Bytes (*weights)(const Model&, const Attention&, const Format& weights, int shared_by);
  /// What each of `shared_by` GPUs keeps of one layer for these sequences between steps.
  Bytes (*kept)(const Attention&, const Format& kv, const Sequences&, int shared_by);
};

/// Put one at namespace scope in the file of a kind.
struct MixerRegistration {
  MixerRegistration(Attention::Kind kind, Mixer mixer);
};

const Mixer& mixer_of(const Attention& attention);

}  // namespace teapot

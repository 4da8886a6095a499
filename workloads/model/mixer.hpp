#pragma once
// What the model and a step ask of a kind of attention, or of what stands in its place. A kind is one file of mixers/.
// Knows no kind by name, no accelerator and no order of a step.

#include <string>
#include <vector>

#include "sim/kernel.hpp"
#include "workloads/model/batch.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

struct Mixer {
  /// First part of a layer: norm, projections to queries and cache, positions.
  std::vector<Kernel> (*projections)(const Model&, const Attention&, const Precision&, const Batch&);
  /// Second part: the core over cache or state (each sequence's read once), projection out.
  std::vector<Kernel> (*core)(const Model&, const Attention&, const Precision&, const Batch&);
  /// Weights that each of `shared_by` GPUs holds of one layer.
  Bytes (*weights)(const Model&, const Attention&, const Format& weights, int shared_by);
  /// Cache and states that each of `shared_by` GPUs keeps of one layer for these sequences between steps.
  Bytes (*kept)(const Attention&, const Format& kv, const Sequences&, int shared_by);

  // What follows from its shapes alone; see the functions of attention.hpp.
  double (*parameters)(const Attention&, double hidden);
  double (*cached_values)(const Attention&);            ///< numbers in one row of the cache
  double (*visible)(const Attention&, double context);  ///< rows that one query reads
  double (*rows)(const Attention&, double context);     ///< rows that are kept
  double (*decode_flops)(const Attention&, double context);
  double (*forward_flops)(const Attention&, double seen);
  std::string (*name)(const Attention&);
};

/// Put one at namespace scope in the file of a kind.
struct MixerRegistration {
  MixerRegistration(Attention::Kind kind, Mixer mixer);
};

const Mixer& mixer_of(const Attention& attention);

}  // namespace teapot

#pragma once
// What training keeps on a GPU beside activations: weights, gradients, optimizer states; what keeps replicas equal.
// Knows no accelerator, no fabric and no time.

#include <vector>

#include "sim/network.hpp"
#include "sim/program.hpp"
#include "workloads/step/machine.hpp"
#include "workloads/training/chunk_program.hpp"

namespace teapot {

/// Numbers of weights on one GPU, by who else holds them.
struct HeldParameters {
  double dense = 0;       ///< each data-parallel rank has them
  double vocabulary = 0;  ///< of these, embedding and head
  double experts = 0;     ///< each EP group has them
};
HeldParameters held_parameters(const Model& model, const Training& training, const std::vector<ChunkPart>& parts);
/// Of all stages that a rank of the pipeline holds.
HeldParameters held_parameters(const Model& model, const Training& training, int rank);

/// GPUs that hold the same weights as one of this pipeline rank, itself among them.
int dense_replicas(const Training& training);
int expert_replicas(const Training& training);

struct TrainingMemory {
  Bytes weights;      ///< as they are multiplied; embedding and head in BF16
  Bytes gradients;    ///< sums in FP32
  Bytes optimizer;    ///< AdamW: weights in FP32, two moments in BF16 (arXiv 2412.19437, section 3.3.3)
  Bytes activations;  ///< of the chunks kept at once
  Bytes total() const { return weights + gradients + optimizer + activations; }
};
/// Of the fullest rank.
TrainingMemory training_memory(const Model& model, const Training& training, ChunkPrograms& programs);

/// The end of a step: gradients reduced and scattered, weights updated, weights gathered; rank by rank as its GPUs are
/// done. All of a fabric's GPUs at once. `training.layout.gpus` ranks.
Program optimizer_program(const Model& model, const Training& training, const Machine& machine);

}  // namespace teapot

#pragma once
// A chunk of a pipeline as a program: the layers of a stage passed forward or back by every GPU at once, alone or two
// chunks of different micro-batches beside each other. Knows no schedule, and the machine only through Machine.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/program.hpp"
#include "workloads/step/gates.hpp"
#include "workloads/step/machine.hpp"
#include "workloads/step/stages/stages.hpp"
#include "workloads/training/training.hpp"

namespace teapot {

/// What a stage is made of.
struct ChunkPart {
  enum class Kind { embedding, layer, head };
  Kind kind = Kind::layer;
  LayerKind layer{};
  int number = -1;  ///< of the layer in the model
};
std::vector<ChunkPart> chunk_parts(const Model& model, const Training& training, int stage);

/// How much longer kernels take in a trainer than alone in a recorded graph.
struct TrainerCost {
  double kernels = 1;          ///< every kernel
  double overlapped = 1;       ///< and those beside another chunk's exchange, on top of the SMs that it holds
  double weight_products = 1;  ///< products of weights' gradients in 8 bits, on top of `kernels`: whose code it runs
};

class ChunkPrograms {
 public:
  /// Keeps references to all it is given. `gpus`: of the layout that are simulated, the first ones.
  ChunkPrograms(const Model& model, const Training& training, const Machine& machine, const TrainerCost& cost, int gpus,
                std::uint64_t seed);

  /// One chunk: forward; gradients of inputs, of weights, or both.
  Program alone(const std::vector<ChunkPart>& parts, Task::Kind kind);
  /// One forward, beside the whole backward of another: layer by layer each computes while the other's tokens travel
  /// (arXiv 2412.19437, figure 4).
  Program pair(const std::vector<ChunkPart>& forward, const std::vector<ChunkPart>& back);
  /// All kernels of a chunk on one GPU, of one kind of pass.
  std::vector<Kernel> kernels(const std::vector<ChunkPart>& parts, Task::Kind kind);

 private:
  class Writing;
  /// The stages of a part: before tokens part, on their way, at experts (or in a dense layer), on their way back.
  struct Segments {
    std::vector<Stage> enter, dispatch, middle, combine;
  };
  const Segments& segments(const ChunkPart& part);
  std::vector<Kernel> kernels(const Stage& stage, const Share& share, Task::Kind kind) const;
  std::vector<Share> shares(const Stage& stage, int layer);
  Compute compute(const Stage& stage, int layer, Task::Kind kind);
  Collective exchange(const Stage& stage, int layer);
  double group_tokens() const { return training_.tokens(); }
  double own_tokens() const { return training_.tokens() / layout_.tensor_parallel; }

  const Model& model_;
  const Training& training_;
  const Machine& machine_;
  const TrainerCost& cost_;
  Layout layout_;  // of the GPUs simulated
  Execution execution_;
  StepShape shape_;
  std::optional<Gates> gates_;
  std::vector<std::unique_ptr<const std::pair<ChunkPart, Segments>>> segments_;
  std::map<std::pair<const Stage*, Task::Kind>, Compute> known_;
  std::map<const Stage*, std::shared_ptr<const Traffic>> traffic_;
};

}  // namespace teapot

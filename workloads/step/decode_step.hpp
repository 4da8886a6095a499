#pragma once
// One decode step as a program: operators of all layers, micro-batches and draft passes in the order of an overlap
// strategy. Knows no accelerator, runtime or fabric but through Machine.

#include <cstdint>

#include "sim/program.hpp"
#include "workloads/layout/deployment.hpp"
#include "workloads/model/model.hpp"
#include "workloads/step/decode.hpp"
#include "workloads/step/machine.hpp"

namespace teapot {

/// The step of all GPUs. Streams: 0 compute, 1 communication. The head runs once a step for all micro-batches, as
/// serving stacks do (SGLang merges its two batches after the last layer); every micro-batch passes the layers alone.
/// Operators of a multi-token prediction module are named like a layer's, with "mtp-" before.
Program decode_program(const Model& model, const Deployment& deployment, const Decode& decode, const Machine& machine,
                       std::uint64_t seed);

/// 1 + expected accepted drafts: 1 + a1 + a1 a2 + ...
double tokens_per_step(const Decode& decode);

/// What a GPU must hold; of the fullest GPU.
struct Memory {
  Bytes weights;
  Bytes kv;

  Bytes total() const { return weights + kv; }
};
Memory memory_per_gpu(const Model& model, const Deployment& deployment, const Decode& decode);

}  // namespace teapot

#pragma once
// Hidden states that go from a rank of a pipeline to the next, and gradients that come back.
// Knows no order of a pipeline, no accelerator and no time.

#include <optional>

#include "sim/program.hpp"
#include "workloads/step/machine.hpp"
#include "workloads/training/training.hpp"

namespace teapot {

/// Where to: a rank passes one micro-batch on, or one to each of its neighbours.
enum class Ways { onward, both };

/// From every rank of the pipelines to its neighbours, all at once: one program of `training.layout.gpus` ranks.
Program send_program(const Model& model, const Training& training, const Machine& machine, Ways ways = Ways::both);

/// The same load on NICs where the first `gpus` GPUs alone are simulated: what goes to another rank of the pipeline
/// goes to the GPU in the same place of the next node among them. Nothing where they are one node, or nodes are uneven.
std::optional<Collective> send_among(const Model& model, const Training& training, const Machine& machine, int gpus,
                                     Ways ways);

}  // namespace teapot

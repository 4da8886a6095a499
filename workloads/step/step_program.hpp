#pragma once
// One step as a program: operators of all layers, micro-batches and draft passes in the order of an overlap strategy.
// Knows no accelerator, runtime or fabric but through Machine.

#include <cstdint>
#include <memory>

#include "sim/program.hpp"
#include "workloads/layout/layout.hpp"
#include "workloads/load/load.hpp"
#include "workloads/model/model.hpp"
#include "workloads/step/execution.hpp"
#include "workloads/step/gates.hpp"
#include "workloads/step/machine.hpp"

namespace teapot {

/// The step of all GPUs. Streams: 0 compute, 1 communication. The head runs once a step for all micro-batches, as
/// serving stacks do (SGLang merges its two batches after the last layer); every micro-batch passes the layers alone.
/// Operators of a multi-token prediction module are named like a layer's, with "mtp-" before; those of a draft model
/// with "draft-". `known`: for steps that differ in the machine's times alone, who share the exchanges of their gates.
Program step_program(const Model& model, const Layout& layout, const Execution& execution, const Load& load,
                     const Machine& machine, std::uint64_t seed,
                     const std::shared_ptr<KnownExchanges>& known = nullptr);

}  // namespace teapot

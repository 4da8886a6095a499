#pragma once
// What a step does: decode, or compute prompts (prefill). What a prefill reads in place of `decode:`.
// Knows no network.

#include "platforms/accelerator.hpp"
#include "sim/config.hpp"
#include "workloads/load/load.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

enum class Phase { decode, prefill };

Phase read_phase(const Config& scenario);

/// The section that says how the step is executed. For a decode `decode:`; for a prefill `prefill:` over what engines
/// share between the two (routing, precision, runtime), with a prefill's defaults: throughput kernels, copies once for
/// each node, two micro-batches beside each other where experts are spread.
Config how_executed(const Config& scenario, Phase phase, const Model& model, const Accelerator& accelerator,
                    const Load& load);

/// The prompts of a prefill: `requests_per_gpu` prompts a GPU (default: as many as `prefill.tokens_per_gpu` holds),
/// each of `requests.prompt_tokens` (default: `context_tokens`) tokens, `requests.cached_fraction` of them cached
/// already.
Load read_prompts(const Config& scenario, const Layout& layout);

}  // namespace teapot

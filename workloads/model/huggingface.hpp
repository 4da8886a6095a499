#pragma once
// Models straight from the config.json that Hugging Face repositories carry.
// Knows the names of its keys, and nothing of how the model is used.

#include "sim/config.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

bool is_huggingface(const Config& config);

/// What to do with a key that is not known and whose name smells of architecture.
enum class Unknown { refuse, warn };

/// Throws ConfigError where a key that is needed is missing or has no meaning here, where one is not known and may
/// change the architecture, and where the architecture is not modelled. A mapping `assume: {KEY: ignore}` in the file or
/// the scenario passes over keys.
Model read_huggingface(const Config& config, Unknown unknown = Unknown::refuse);

}  // namespace teapot

#pragma once
// Models straight from the config.json that Hugging Face repositories carry.
// Knows the names of its keys, and nothing of how the model is used.

#include "sim/config.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

bool is_huggingface(const Config& config);
/// Throws ConfigError where a key that is needed is missing or has no meaning here.
Model read_huggingface(const Config& config);

}  // namespace teapot

#pragma once
// A mixer in a model's YAML.
// Knows no layer and no model.

#include "sim/config.hpp"
#include "workloads/model/attention.hpp"

namespace teapot {

/// `{kind: gqa | mha | mqa | mla | compressed | delta | lightning | mamba | mamba-2 | convolution, ...}`, its shapes
/// under the names of `Attention` and `Recurrence`. Throws ConfigError.
Attention read_mixer(const Config& config);
/// The same as a mapping; reading it gives the same mixer.
Tree mixer_tree(const Attention& attention);

}  // namespace teapot

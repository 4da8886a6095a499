#pragma once
// What a scenario may not ask for where attention and feed-forwards have GPUs of their own.
// Knows no other layout.

#include "analysis/scenario/scenario.hpp"

namespace teapot {

/// Nothing where they have none. Throws ConfigError.
void check_apart(const Config& config, const Scenario& scenario);
/// Whether feed-forwards fit on the GPUs that run nothing else, with this part of their memory. Throws DoesNotFit.
void require_feed_forwards_fit(const Scenario& scenario, const Config& deployment, double usable);

}  // namespace teapot

#pragma once
// How large the shapes of a model may be, so that what is multiplied of them cannot overflow.
// Does not know where they were written.

#include "workloads/model/model.hpp"

namespace teapot {

/// Fails at the document where a shape is over sim/limits.hpp, and says which.
void require_limits(const Config& config, const Model& model);

}  // namespace teapot

#pragma once
// What `requests:` and `serving:` may say, for the reference of all keys: their readers are not asked where nothing is
// served. Reads nothing.

#include "sim/config.hpp"

namespace teapot {

/// Describes every key of both to the record of a scenario that has neither.
void describe_serving_keys(const Config& scenario);

}  // namespace teapot

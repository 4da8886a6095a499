#pragma once
// What of a SimGrid platform file a simulation here would pass over: resources that change with time.
// Knows no resource.

#include <string>

namespace teapot {

/// Throws ConfigError at the first profile of availability, state, speed, bandwidth or latency that the file names.
void refuse_profiles(const std::string& file);

}  // namespace teapot

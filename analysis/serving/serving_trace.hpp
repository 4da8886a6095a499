#pragma once
// A service as a timeline for trace viewers: a track a request with what it waited for, and the pools' counters.
// Knows no file format.

#include <string>

#include "analysis/serving/serving.hpp"

namespace teapot {

/// Requests that a trace shows at most: every nth that came, so that they are spread over all of the time.
inline constexpr std::size_t most_traced_requests = 400;

/// Writes slices `queue`, `prefill`, `transfer`, `wait for a place` and `decode` of each request that is shown, and
/// counters of the queue, of requests in each state, of the KV cache held and of decode steps, and says in a line how
/// many requests it shows. Throws ConfigError as write_trace does.
std::string write_service_trace(const std::string& file, const ServingScenario& scenario, const ServingResult& result);

}  // namespace teapot

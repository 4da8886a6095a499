#pragma once
// When requests come, and how long they are: a process with distributions, or a published trace.
// Knows not who serves them.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/config.hpp"
#include "workloads/load/distribution.hpp"
#include "workloads/serving/request.hpp"

namespace teapot {

struct ArrivalProcess {
  enum class Kind { poisson, constant, gamma, closed_loop, trace };
  Kind kind = Kind::poisson;
  double rate_per_s = 1;
  double burstiness = 1;  ///< gamma: squared coefficient of variation of the gaps; 1 is Poisson
  int concurrency = 0;    ///< closed loop: requests in flight, the next comes when one has ended
  double cached_fraction = 0;
  std::int64_t most = 5'000'000;  ///< requests that come at all
  double duration_s = 600;        ///< of arrivals; what is under way then is served to its end
  Distribution prompt;
  Distribution output;
  std::vector<Arrival> trace;
  std::uint64_t seed = 1;
};

/// Reads `requests:`. Throws ConfigError.
ArrivalProcess read_arrivals(const Config& requests, std::uint64_t seed);

/// A time in seconds, written with its unit, minutes and hours too. Throws ConfigError below `least_s` (0 or 1 us) and
/// above 1e9 s.
double read_span(const Config& value, double least_s);

/// Traces as they are published, told apart by their first line: Azure LLM inference (TIMESTAMP, ContextTokens,
/// GeneratedTokens), BurstGPT (Timestamp, Request tokens, Response tokens), Mooncake JSON lines (timestamp in ms,
/// input_length, output_length, hash_ids of 512 tokens each), and the tool's own (arrival_s, prompt_tokens,
/// output_tokens, cached_tokens). Times count from the first. Throws ConfigError naming file and line.
std::vector<Arrival> read_trace(const std::string& file);

/// The nth request of a process: its lengths; `at_s` is left to the process.
Arrival drawn(const ArrivalProcess& process, std::int64_t n);

/// All of an open process, in order; of a closed loop those that come at the beginning.
std::vector<Arrival> arrivals(const ArrivalProcess& process);

}  // namespace teapot

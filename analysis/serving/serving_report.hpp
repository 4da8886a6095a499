#pragma once
// What a service was like: percentiles, goodput, use of its pools; as text, JSON and tables.
// Computes nothing that a record does not say.

#include <cmath>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "analysis/serving/serving.hpp"

namespace teapot {

/// None of them is a number where there were no values.
struct Percentiles {
  double mean = std::numeric_limits<double>::quiet_NaN();
  double p50 = mean;
  double p90 = mean;
  double p99 = mean;
  bool any() const { return !std::isnan(mean); }
};
/// Of values in any order. A percentile is the smallest value that so many reach.
Percentiles percentiles(std::vector<double> values);

/// Between the tokens of a request after its first, the mean; 0 where there was no other.
double tpot_s(const Served& request);

struct ServingReport {
  Percentiles ttft_ms;
  Percentiles tpot_ms;  ///< of each request that emitted more than one token
  Percentiles itl_ms;   ///< between tokens
  Percentiles e2e_ms;
  Percentiles queue_ms;  ///< waited for its prefill to begin and for a place to decode
  double requests_per_s = 0;
  double goodput_per_s = 0;
  double output_tokens_per_s = 0;
  double span_s = 0;  ///< from the first arrival to the last end
  int finished = 0;
  int good = 0;
  /// Where the requests beyond the 99th percentile of TTFT waited, the mean.
  double slow_queue_ms = 0;
  double slow_prefill_ms = 0;
  double slow_transfer_ms = 0;
  double slow_stream_ms = 0;  ///< until the tokens that are sent with the first are there
};

ServingReport serving_report(const ServingScenario& scenario, const ServingResult& result);
std::string serving_text(const ServingScenario& scenario, const ServingResult& result, const ServingReport& report);
nlohmann::ordered_json serving_json(const ServingScenario& scenario, const ServingResult& result,
                                    const ServingReport& report);
/// One line a request, and one a sample.
std::string requests_csv(const ServingResult& result);
std::string series_csv(const ServingResult& result);

}  // namespace teapot

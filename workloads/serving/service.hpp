#pragma once
// Requests served over time: queues, batches, caches and steps of one or two pools. Events in, records out.
// Knows no model, no network and no step's time: it asks for it.

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "workloads/serving/admission.hpp"
#include "workloads/serving/arrivals.hpp"
#include "workloads/serving/gap_histogram.hpp"
#include "workloads/serving/request.hpp"
#include "workloads/serving/step_time.hpp"

namespace teapot {

/// GPUs of one kind: units that step on their own, each of groups that share attention and keep caches of their own.
struct Pool {
  int units = 1;
  int groups = 1;              ///< of one unit
  int max_requests = 128;      ///< of one group: that decode at once
  int max_new_tokens = 16384;  ///< of one group and step: of prompts
  double cache_tokens = 1e9;   ///< of one group

  double all_cache_tokens() const { return cache_tokens * units * groups; }
};

/// When to give a service up: once more requests than `late` had their first token after `ttft_s`.
struct Patience {
  double ttft_s = std::numeric_limits<double>::infinity();
  std::int64_t late = std::numeric_limits<std::int64_t>::max();
};

struct ServiceShape {
  bool apart = true;  ///< prompts are computed in a pool of their own; or in chunks beside decoding, by `decode`
  Pool prefill;
  Pool decode;
  std::vector<double> acceptance;  ///< of each draft token, given that those before it were accepted
  std::uint64_t seed = 1;
  Admission admission;
  Patience patience{};
  int cache_parts = 1;  ///< in which a cache is sent, each when it is computed: its layers, or 1: at the end
};

struct ServiceTimes {
  StepTime prefill;  ///< where pools are apart
  StepTime decode;
  /// Seconds to bring the cache of so many tokens to where it decodes, while the GPUs there do steps like `beside`
  /// (without requests: they do none); others that leave the same GPUs go before it or after it.
  std::function<double(int tokens, const StepLoad& beside)> move_cache;
};

/// Times that hold for what starts at or after a time.
struct TimesFrom {
  double from_s = 0;
  ServiceTimes times;
};

/// State at one time.
struct ServiceSample {
  double at_s = 0;
  int waiting = 0;  ///< for prefill
  int prefilling = 0;
  int moving = 0;  ///< their caches, or waiting for a place to decode
  int decoding = 0;
  double cache_tokens = 0;   ///< held by decode pools
  double decode_step_s = 0;  ///< the mean of the decode pool's steps that began since the sample before; 0: none did
};

struct ServiceRecord {
  std::vector<Served> requests;        ///< in order of arrival
  std::vector<ServiceSample> samples;  ///< evenly spaced
  double end_s = 0;                    ///< the last event
  double arrivals_end_s = 0;           ///< the last arrival
  double in_system_s = 0;              ///< integral of requests in the system over time
  double prefill_busy_s = 0;           ///< of all units together
  double decode_busy_s = 0;
  double cache_token_s = 0;  ///< integral of the tokens held by decode pools over time
  double cache_most = 0;     ///< tokens in the cache of the fullest group at any time
  GapHistogram gaps;         ///< between tokens
  std::int64_t prefill_steps = 0;
  std::int64_t decode_steps = 0;
  std::int64_t preemptions = 0;
  double moved_s = 0;   ///< sum over requests of the time from their last computed token until their caches had come
  double behind_s = 0;  ///< of that, behind other caches that left the same GPUs
  double moved_tokens = 0;
  bool grows = false;        ///< the queue was still growing when arrivals ended
  double grows_since_s = 0;  ///< it was last empty
  bool gave_up = false;      ///< for want of patience: what follows is not in it
};

/// Serves all arrivals to their end. Every request must fit: see `fits`.
ServiceRecord serve(const ArrivalProcess& arrivals, const ServiceShape& shape, const ServiceTimes& times,
                    const std::function<void(double fraction)>& progress = {});

/// The same where times change: `times` in order, the first from 0 on.
ServiceRecord serve(const ArrivalProcess& arrivals, const ServiceShape& shape, const std::vector<TimesFrom>& times,
                    const std::function<void(double fraction)>& progress = {});

/// Whether a group's cache can ever hold the request.
bool fits(const Arrival& arrival, const ServiceShape& shape);

}  // namespace teapot

// Slices and counters of a service.
// Knows no file format.

#include "analysis/serving/serving_trace.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "analysis/output/trace/events.hpp"

namespace teapot {
namespace {

/// What a request does, in order; each is an operator to a trace.
constexpr const char* states[] = {"queue", "prefill", "transfer", "wait for a place", "decode"};

Program program_of_states() {
  Program program;
  program.ranks = 1;
  program.streams = {"request"};
  for (const char* state : states) program.operators.push_back({state, -1, 0, 0, {}, Compute{}});
  return program;
}

void add_request(const Served& r, int track, TraceEvents& events) {
  const double times[] = {r.arrival.at_s, r.prefill_s, r.prefilled_s, r.moved_s, r.decode_s, r.end_s};
  for (std::size_t state = 0; state < std::size(states); ++state) {
    if (times[state] < 0 || times[state + 1] <= times[state]) continue;
    TraceSlice slice;
    slice.op = static_cast<int>(state);
    slice.track = track;
    slice.begin_s = times[state];
    slice.end_s = times[state + 1];
    events.slices.push_back(std::move(slice));
  }
}

template <class Value>
void add_series(const ServiceRecord& record, const char* name, const char* unit, Value value, TraceEvents& events) {
  TraceCounter counter{0, name, unit, {}};
  for (const ServiceSample& sample : record.samples) counter.points.emplace_back(sample.at_s, value(sample));
  events.counters.push_back(std::move(counter));
}

}  // namespace

std::string write_service_trace(const std::string& file, const ServingScenario& s, const ServingResult& result) {
  const ServiceRecord& record = result.record;
  TraceEvents events;
  events.gpus = {0};
  events.gpu_names = {"requests of " + s.name};
  const std::size_t each = (record.requests.size() + most_traced_requests - 1) / most_traced_requests;
  for (std::size_t i = 0; i < record.requests.size(); i += std::max<std::size_t>(1, each)) {
    const Served& r = record.requests[i];
    add_request(r, static_cast<int>(events.tracks.size()), events);
    events.tracks.push_back(fmt::format("request {}: {} ({} cached) + {} tokens{}", i, r.arrival.prompt_tokens,
                                        r.arrival.cached_tokens, r.arrival.output_tokens,
                                        r.preemptions > 0 ? ", started over" : ""));
  }
  const double capacity = s.shape.decode.all_cache_tokens();
  add_series(
      record, "in the queue", "requests", [](const ServiceSample& x) { return double(x.waiting); }, events);
  add_series(
      record, "in prefill", "requests", [](const ServiceSample& x) { return double(x.prefilling); }, events);
  add_series(
      record, "cache on its way", "requests", [](const ServiceSample& x) { return double(x.moving); }, events);
  add_series(
      record, "decoding", "requests", [](const ServiceSample& x) { return double(x.decoding); }, events);
  add_series(
      record, "KV cache held", "%", [&](const ServiceSample& x) { return 100 * x.cache_tokens / capacity; }, events);
  add_series(
      record, "decode step", "ms", [](const ServiceSample& x) { return x.decode_step_s * 1e3; }, events);
  write_events(file, events, program_of_states());
  return fmt::format("{}: {} of {} requests{}\n", file, events.tracks.size(), record.requests.size(),
                     each > 1 ? fmt::format(", one of each {}", each) : "");
}

}  // namespace teapot

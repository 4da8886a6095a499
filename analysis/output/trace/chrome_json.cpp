// Chrome's trace events as JSON, which Perfetto's viewer and chrome://tracing open too. Times are in microseconds.
// The only file that knows this format.

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "analysis/output/trace/events.hpp"

namespace teapot {
namespace {

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

class EventList {
 public:
  template <class... Values>
  void add(fmt::format_string<Values...> form, Values&&... values) {
    text_ += first_ ? "\n" : ",\n";
    first_ = false;
    fmt::format_to(std::back_inserter(text_), form, std::forward<Values>(values)...);
  }
  std::string take() { return "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [" + std::move(text_) + "\n]}\n"; }

 private:
  std::string text_;
  bool first_ = true;
};

std::string arguments_json(const std::vector<TraceArgument>& arguments) {
  std::string text;
  for (const auto& argument : arguments) {
    text += text.empty() ? "" : ", ";
    text += quoted(argument.name) + ": ";
    if (const auto* whole = std::get_if<std::int64_t>(&argument.value)) text += fmt::format("{}", *whole);
    if (const auto* number = std::get_if<double>(&argument.value)) text += fmt::format("{}", *number);
    if (const auto* words = std::get_if<std::string>(&argument.value)) text += quoted(*words);
  }
  return text;
}

void add_counter(EventList& list, const TraceCounter& counter, int process) {
  for (const auto& [time_s, value] : counter.points) {
    list.add(R"({{"ph": "C", "name": {}, "pid": {}, "ts": {}, "args": {{{}: {}}}}})", quoted(counter.name), process,
             time_s * 1e6, quoted(counter.unit), value);
  }
}

}  // namespace

std::string chrome_json(const TraceEvents& events, const Program& program) {
  EventList list;
  for (std::size_t i = 0; i < events.gpus.size(); ++i) {
    const int gpu = events.gpus[i];
    list.add(R"({{"ph": "M", "name": "process_name", "pid": {}, "args": {{"name": {}}}}})", gpu,
             quoted(events.gpu_names[i]));
    list.add(R"({{"ph": "M", "name": "process_sort_index", "pid": {0}, "args": {{"sort_index": {0}}}}})", gpu);
    for (std::size_t s = 0; s < events.tracks.size(); ++s) {
      list.add(R"({{"ph": "M", "name": "thread_name", "pid": {}, "tid": {}, "args": {{"name": {}}}}})", gpu, s,
               quoted(events.tracks[s]));
    }
  }
  for (const auto& slice : events.slices) {
    const Operator& op = program.operators[static_cast<std::size_t>(slice.op)];
    const double begin_us = slice.begin_s * 1e6;
    list.add(R"({{"ph": "X", "name": {}, "cat": {}, "pid": {}, "tid": {}, "ts": {}, "dur": {}, "args": {{{}}}}})",
             quoted(slice_name(op)), quoted(op.name), slice.gpu, slice.track, begin_us, slice.end_s * 1e6 - begin_us,
             arguments_json(slice_arguments(op, slice)));
    for (const auto arrow : slice.arrows_out) {
      list.add(R"({{"ph": "s", "name": "sent", "cat": "arrow", "id": {}, "pid": {}, "tid": {}, "ts": {}}})", arrow,
               slice.gpu, slice.track, begin_us);
    }
    for (const auto arrow : slice.arrows_in) {
      list.add(R"({{"ph": "f", "bp": "e", "name": "sent", "cat": "arrow", "id": {}, "pid": {}, "tid": {}, "ts": {}}})",
               arrow, slice.gpu, slice.track, begin_us);
    }
  }
  const int fabric = events.gpus.empty() ? 0 : events.gpus.back() + 1;
  if (!events.fabric.empty()) {
    list.add(R"({{"ph": "M", "name": "process_name", "pid": {}, "args": {{"name": "fabric"}}}})", fabric);
    list.add(R"({{"ph": "M", "name": "process_sort_index", "pid": {0}, "args": {{"sort_index": {0}}}}})", fabric);
  }
  for (const auto& counter : events.counters) add_counter(list, counter, counter.gpu);
  for (const auto& counter : events.fabric) add_counter(list, counter, fabric);
  return list.take();
}

}  // namespace teapot

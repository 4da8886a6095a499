// Chooses the format by the file's suffix.
// Does not know any format.

#include "analysis/output/trace/trace.hpp"

#include "analysis/output/output_file.hpp"
#include "analysis/output/trace/events.hpp"
#include "sim/config.hpp"

namespace teapot {
namespace {

using Encode = std::string (*)(const TraceEvents&, const Program&);

Encode encoder_for(const std::string& file) {
  if (file.ends_with(".pftrace")) return perfetto_bytes;
  if (file.ends_with(".json")) return chrome_json;
  if (file.ends_with(".trace")) return paje_text;
  throw ConfigError(
      "--trace " + file +
      ": unknown kind of trace (allowed: .pftrace for Perfetto, .json for Chrome's viewer, .trace for Paje)");
}

}  // namespace

void check_trace_name(const std::string& file) { encoder_for(file); }

void write_trace(const std::string& file, const Program& program, const Timeline& timeline, const Network& network,
                 const TraceSelection& selection) {
  encoder_for(file);  // before any work
  write_events(file, trace_events(program, timeline, network, selection), program);
}

void write_events(const std::string& file, const TraceEvents& events, const Program& program) {
  const Encode encode = encoder_for(file);
  write_file(file, encode(events, program));
}

}  // namespace teapot

// Perfetto's Protobuf format: a process for each GPU, a thread for each stream, counters below the GPU.
// The only file that knows these messages.

#include <cmath>
#include <map>

#include "analysis/output/trace/events.hpp"
#include "analysis/output/trace/perfetto.pb.h"

namespace teapot {
namespace {

constexpr std::uint32_t sequence = 1;

std::uint64_t nanoseconds(double seconds) { return static_cast<std::uint64_t>(std::llround(seconds * 1e9)); }

/// A process id of 0 would be the idle task to a viewer.
std::int32_t process_of(int gpu) { return gpu + 1; }
std::uint64_t gpu_track(int gpu) { return (static_cast<std::uint64_t>(gpu) + 1) << 32; }
std::uint64_t slices_track(int gpu, int track) { return gpu_track(gpu) + 1 + static_cast<std::uint64_t>(track); }
std::uint64_t counter_track(std::uint64_t parent, std::size_t counter) { return parent + 1024 + counter; }
constexpr std::uint64_t fabric_track = 1;  // below every GPU's

/// Packets go to the bytes one by one: a trace is its packets' bytes one after another.
class PacketWriter {
 public:
  perfetto::TracePacket& next() {
    flush();
    perfetto::TracePacket& packet = *one_.add_packet();
    packet.set_trusted_packet_sequence_id(sequence);
    return packet;
  }
  perfetto::TrackEvent& event(double time_s, perfetto::TrackEvent::Type type, std::uint64_t track) {
    perfetto::TracePacket& packet = next();
    packet.set_timestamp(nanoseconds(time_s));
    packet.mutable_track_event()->set_type(type);
    packet.mutable_track_event()->set_track_uuid(track);
    return *packet.mutable_track_event();
  }
  std::string take() {
    flush();
    return std::move(bytes_);
  }

 private:
  void flush() {
    one_.AppendToString(&bytes_);
    one_.Clear();
  }
  perfetto::Trace one_;
  std::string bytes_;
};

std::uint64_t parent_of(const TraceCounter& counter) { return counter.gpu < 0 ? fabric_track : gpu_track(counter.gpu); }

void describe_counters(const std::vector<TraceCounter>& counters, PacketWriter& out) {
  for (std::size_t c = 0; c < counters.size(); ++c) {
    auto& track = *out.next().mutable_track_descriptor();
    track.set_uuid(counter_track(parent_of(counters[c]), c));
    track.set_parent_uuid(parent_of(counters[c]));
    track.set_name(counters[c].name);
    track.mutable_counter()->set_unit_name(counters[c].unit);
  }
}

void add_points(const std::vector<TraceCounter>& counters, PacketWriter& out) {
  for (std::size_t c = 0; c < counters.size(); ++c) {
    const auto track = counter_track(parent_of(counters[c]), c);
    for (const auto& [time_s, value] : counters[c].points)
      out.event(time_s, perfetto::TrackEvent::TYPE_COUNTER, track).set_double_counter_value(value);
  }
}

void describe_tracks(const TraceEvents& events, PacketWriter& out) {
  for (std::size_t i = 0; i < events.gpus.size(); ++i) {
    const int gpu = events.gpus[i];
    auto& process = *out.next().mutable_track_descriptor();
    process.set_uuid(gpu_track(gpu));
    process.mutable_process()->set_pid(process_of(gpu));
    process.mutable_process()->set_process_name(events.gpu_names[i]);
    for (int track = 0; track < static_cast<int>(events.tracks.size()); ++track) {
      auto& thread = *out.next().mutable_track_descriptor();
      thread.set_uuid(slices_track(gpu, track));
      thread.set_parent_uuid(gpu_track(gpu));
      thread.mutable_thread()->set_pid(process_of(gpu));
      thread.mutable_thread()->set_tid(process_of(gpu) * 64 + track + 1);
      thread.mutable_thread()->set_thread_name(events.tracks[static_cast<std::size_t>(track)]);
    }
  }
  if (!events.fabric.empty()) {
    auto& fabric = *out.next().mutable_track_descriptor();
    fabric.set_uuid(fabric_track);
    fabric.set_name("fabric");
  }
  describe_counters(events.counters, out);
  describe_counters(events.fabric, out);
}

void annotate(perfetto::TrackEvent& event, const TraceArgument& argument) {
  auto& annotation = *event.add_debug_annotations();
  annotation.set_name(argument.name);
  if (const auto* whole = std::get_if<std::int64_t>(&argument.value)) annotation.set_int_value(*whole);
  if (const auto* number = std::get_if<double>(&argument.value)) annotation.set_double_value(*number);
  if (const auto* text = std::get_if<std::string>(&argument.value)) annotation.set_string_value(*text);
}

}  // namespace

std::string perfetto_bytes(const TraceEvents& events, const Program& program) {
  using perfetto::TrackEvent;
  PacketWriter out;
  describe_tracks(events, out);
  for (const auto& slice : events.slices) {
    const Operator& op = program.operators[static_cast<std::size_t>(slice.op)];
    const auto track = slices_track(slice.gpu, slice.track);
    auto& begin = out.event(slice.begin_s, TrackEvent::TYPE_SLICE_BEGIN, track);
    begin.set_name(slice_name(op));
    begin.add_categories(op.name);
    for (const auto& argument : slice_arguments(op, slice)) annotate(begin, argument);
    for (const auto arrow : slice.arrows_out) begin.add_flow_ids(arrow);
    for (const auto arrow : slice.arrows_in) begin.add_terminating_flow_ids(arrow);
    out.event(slice.end_s, TrackEvent::TYPE_SLICE_END, track);
  }
  add_points(events.counters, out);
  add_points(events.fabric, out);
  return out.take();
}

}  // namespace teapot

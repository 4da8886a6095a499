// Traces: what happened is in them, in each format, and nothing else.

#include "analysis/output/trace/trace.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "analysis/output/trace/events.hpp"
#include "analysis/output/trace/fabric_counters.hpp"
#include "sim/catalogue.hpp"
#include "sim/config.hpp"
#include "sim/engine.hpp"
#include "tests/analysis/output/star.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

/// Two layers: a kernel of 10 us, then an exchange of 1 MB from each GPU to each other, then another kernel.
Program two_layers() {
  Program program;
  program.ranks = 4;
  program.streams = {"compute", "communication"};
  const auto traffic = std::make_shared<Traffic>(all_to_all(one_group(4), 1));
  for (int layer = 0; layer < 2; ++layer) {
    Compute attention;
    attention.duration = {10.0_us};
    attention.flops = 3.0_GFLOP;
    attention.bytes = 20.0_MB;
    attention.parts = {{"core \"quoted\"", "mla-decode", 10.0_us, Provenance::measured}};
    const int first = static_cast<int>(program.operators.size());
    program.operators.push_back({"attention", layer, 1, 0, {}, attention});
    if (layer > 0) program.operators.back().after = {first - 1};
    Collective dispatch;
    dispatch.traffic = traffic;
    dispatch.bytes_per_copy = 1.0_MB;
    dispatch.overhead = 5.0_us;
    program.operators.push_back({"dispatch", layer, 1, 1, {first}, dispatch});
    program.operators.push_back({"experts", layer, 1, 0, {first + 1}, attention});
  }
  return program;
}

struct Temporary {
  std::string path;
  explicit Temporary(const std::string& suffix)
      : path(
            (std::filesystem::temp_directory_path() / ("teapot-trace-" + std::to_string(getpid()) + suffix)).string()) {
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() { std::filesystem::remove(path); }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream{path, std::ios::binary}.rdbuf();
    return text.str();
  }
};

std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer;
  for (std::size_t n = 0; (n = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) text.append(buffer.data(), n);
  CHECK(pclose(pipe) == 0);
  return text;
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

}  // namespace

TEST_CASE("link activity: busy times of each link add up to what the simulation says it carried") {
  const Network network = testing::star(4, "nvlink", 100.0_GBps, 0.0_s);
  const Program program = two_layers();
  const Timeline timeline = testing::recorded(program, network);
  const auto& activity = timeline.busy;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    double busy_s = 0;
    for (const auto& interval : activity[l]) busy_s += interval.end_s - interval.begin_s;
    CHECK(busy_s == doctest::Approx(timeline.links[l].busy.value).epsilon(1e-12));
    CHECK(busy_s == doctest::Approx(2 * 3 * 1e6 / 100e9).epsilon(1e-12));  // 2 layers x 3 receivers x 1 MB / 100 GB/s
    REQUIRE(activity[l].size() == 2);
    CHECK(activity[l][0].begin_s == doctest::Approx(15e-6).epsilon(1e-12));  // kernel, then overhead
    CHECK(activity[l][0].end_s == doctest::Approx(45e-6).epsilon(1e-12));
  }
}

TEST_CASE("trace: only the selected GPUs, layers and times are in it") {
  const Network network = testing::star(4, "nvlink", 100.0_GBps, 0.0_s);
  const Program program = two_layers();
  const Timeline timeline = testing::recorded(program, network);
  CHECK(trace_events(program, timeline, network, {}).slices.size() == 4 * 6);
  TraceSelection selection;
  selection.gpus = {3, 1, 3};
  CHECK(trace_events(program, timeline, network, selection).slices.size() == 2 * 6);
  selection.first_layer = selection.last_layer = 1;
  CHECK(trace_events(program, timeline, network, selection).slices.size() == 2 * 3);
  selection.first_layer = 0;
  selection.from = 12.0_us;  // in the first exchange, which ends at 45 us; the experts follow
  selection.to = 40.0_us;
  const auto events = trace_events(program, timeline, network, selection);
  REQUIRE(events.slices.size() == 2);
  CHECK(slice_name(program.operators[static_cast<std::size_t>(events.slices[0].op)]) == "dispatch L0 b1");
  selection.gpus = {4};
  CHECK_THROWS_AS(trace_events(program, timeline, network, selection), ConfigError);
}

TEST_CASE("trace: a tier's counter adds up to what its links were busy, and the busiest links end at no GPU") {
  const Network network = testing::star(4, "nvlink", 100.0_GBps, 0.0_s);
  const Timeline timeline = testing::recorded(two_layers(), network);
  double busy_s = 0;
  for (const auto& link : timeline.links) busy_s += link.busy.value;
  const double links = static_cast<double>(network.links.size());
  const auto counters = fabric_counters(timeline, network, 0, timeline.step.value);
  REQUIRE(counters.size() == 1);  // one tier; each of its links ends at a GPU
  CHECK(counters[0].name == fmt::format("tier nvlink, mean of {} links", network.links.size()));
  double sum_s = 0;
  const auto& points = counters[0].points;
  for (std::size_t i = 0; i + 1 < points.size(); ++i)
    sum_s += points[i].second / 100 * (points[i + 1].first - points[i].first);
  CHECK(sum_s * links == doctest::Approx(busy_s).epsilon(1e-9));
}

TEST_CASE("trace: each micro-batch has tracks of its own, where a step has few of them") {
  Program program = two_layers();
  const Network network = testing::star(4, "nvlink", 100.0_GBps, 0.0_s);
  CHECK(trace_events(program, testing::recorded(program, network), network, {}).tracks == program.streams);
  for (auto& op : program.operators) op.micro_batch = op.layer;
  const auto events = trace_events(program, testing::recorded(program, network), network, {});
  for (const auto& slice : events.slices) {
    const Operator& op = program.operators[static_cast<std::size_t>(slice.op)];
    CHECK(slice.track == 2 * op.stream + op.layer);
  }
  CHECK(events.tracks == std::vector<std::string>{"compute, micro-batch 0", "compute, micro-batch 1",
                                                  "communication, micro-batch 0", "communication, micro-batch 1"});
}

TEST_CASE("trace: arrows lead from each sender of a collective to what waited for it") {
  const auto program = two_layers();
  const auto network = testing::star(4, "nvlink", 100.0_GBps, 0.0_s);
  const auto timeline = testing::recorded(program, network);
  TraceSelection selection;
  selection.gpus = {0, 1, 2};
  std::size_t out = 0;
  std::size_t in = 0;
  for (const auto& slice : trace_events(program, timeline, network, selection).slices) {
    const auto& name = program.operators[static_cast<std::size_t>(slice.op)].name;
    if (!slice.arrows_out.empty()) CHECK(name == "dispatch");
    if (!slice.arrows_in.empty()) CHECK(name == "experts");
    out += slice.arrows_out.size();
    in += slice.arrows_in.size();
    if (name == "dispatch") CHECK(slice.sent_bytes == 3e6);
    if (name == "dispatch") CHECK(slice.received_bytes == 3e6);
  }
  CHECK(out == 2 * 3 * 3);  // layers x receivers x senders, the receiver itself included
  CHECK(in == out);
}

TEST_CASE("trace: a Perfetto file decodes with protoc, by our schema and by Perfetto's published field numbers") {
  const Program program = two_layers();
  const Network network = testing::star(4, "nvlink", 100.0_GBps, 0.0_s);
  const Timeline timeline = testing::recorded(program, network);
  const Temporary file{".pftrace"};
  TraceSelection selection;
  selection.memory_bandwidth = 4e12 * 1.0_B / 1.0_s;
  write_trace(file.path, program, timeline, network, selection);
  const std::string text = output_of("protoc --proto_path=" + home() + " --decode=teapot.perfetto.Trace " +
                                     "analysis/output/trace/perfetto.proto < " + file.path);
  CHECK(count(text, "TYPE_SLICE_BEGIN") == 24);
  CHECK(count(text, "TYPE_SLICE_END") == 24);
  CHECK(count(text, "name: \"dispatch L1 b1\"") == 4);
  CHECK(count(text, "process_name: \"GPU 3 (gpu-3)\"") == 1);
  CHECK(count(text, "thread_name: \"communication\"") == 4);
  CHECK(count(text, "name: \"nvl-0_UP\"") == 1);
  CHECK(count(text, "unit_name: \"%\"") == 4 * 3 + 1);  // HBM and both directions of the link, for each GPU; their tier
  int half = 0;                                         // 20 MB in 10 us are 2 TB/s, half of 4 TB/s
  const std::string label = "double_counter_value: ";
  for (auto at = text.find(label); at != std::string::npos; at = text.find(label, at + 1)) {
    half += std::abs(std::stod(text.substr(at + label.size())) - 50) < 1e-9 ? 1 : 0;
  }
  CHECK(half == 4 * 4);
  CHECK(count(text, "flow_ids") == 2 * 2 * 16);
  CHECK(text.find("10 us (measured)") != std::string::npos);

  // protos/perfetto/trace/trace_packet.proto: timestamp = 8, trusted_packet_sequence_id = 10, track_event = 11,
  // track_descriptor = 60; track_event.proto: type = 9, track_uuid = 11, name = 23.
  const std::string raw = output_of("protoc --decode_raw < " + file.path);
  CHECK(count(raw, "\n  8: 10000\n") > 0);  // the first kernel ends at 10 us
  CHECK(count(raw, "\n  60 {") == 4 * 3 + 12 + 2);
  CHECK(count(raw, "\n    9: 1\n") == 24);
  CHECK(count(raw, "\n    23: \"experts L0 b1\"\n") == 4);
  CHECK(count(raw, "\n  10: 1\n") == count("\n" + raw, "\n1 {"));
}

TEST_CASE("trace: a Chrome trace is JSON with the same slices, in microseconds") {
  const Program program = two_layers();
  const Network network = testing::star(4, "nvlink", 100.0_GBps, 0.0_s);
  const Timeline timeline = testing::recorded(program, network);
  const Temporary file{".json"};
  write_trace(file.path, program, timeline, network);
  const auto json = nlohmann::json::parse(file.content());
  int slices = 0;
  int begun = 0;
  int ended = 0;
  for (const auto& event : json.at("traceEvents")) {
    const auto kind = event.at("ph").get<std::string>();
    slices += kind == "X" ? 1 : 0;
    begun += kind == "s" ? 1 : 0;
    ended += kind == "f" ? 1 : 0;
    if (kind != "X" || event.at("name") != "dispatch L0 b1") continue;
    CHECK(event.at("ts").get<double>() == doctest::Approx(10).epsilon(1e-12));
    CHECK(event.at("dur").get<double>() == doctest::Approx(35).epsilon(1e-12));  // 5 us overhead, 3 MB at 100 GB/s
    CHECK(event.at("args").at("sent_bytes") == 3e6);
  }
  CHECK(slices == 24);
  CHECK(begun == 2 * 16);
  CHECK(ended == begun);
}

TEST_CASE("trace: a Paje file declares what it uses, in order of time, and every state that begins ends") {
  const Program program = two_layers();
  const Network network = testing::star(4, "nvlink", 100.0_GBps, 0.0_s);
  const Timeline timeline = testing::recorded(program, network);
  const Temporary file{".trace"};
  write_trace(file.path, program, timeline, network);
  std::istringstream lines{file.content()};
  std::string line;
  double time_s = 0;
  int pushed = 0;
  int popped = 0;
  while (std::getline(lines, line)) {
    if (line.empty() || line[0] == '%') continue;
    std::istringstream words{line};
    int event = 0;
    words >> event;
    if (event < 5) continue;
    double at_s = -1;
    words >> at_s;
    CHECK(at_s >= time_s);
    time_s = at_s;
    pushed += event == 7 ? 1 : 0;
    popped += event == 8 ? 1 : 0;
  }
  CHECK(pushed == 24);
  CHECK(popped == pushed);
}

TEST_CASE("trace: pj_dump reads a Paje file, where it is installed (Debian package pajeng)") {
  if (std::system("command -v pj_dump > /dev/null") != 0) {
    MESSAGE("pj_dump is not installed");
    return;
  }
  const Program program = two_layers();
  const Network network = testing::star(4, "nvlink", 100.0_GBps, 0.0_s);
  const Timeline timeline = testing::recorded(program, network);
  const Temporary file{".trace"};
  write_trace(file.path, program, timeline, network);
  const std::string text = "\n" + output_of("pj_dump " + file.path);
  CHECK(count(text, "\nState, ") == 24);
  CHECK(count(text, "\nLink, ") == 2 * 16);
  CHECK(count(text, "\nState, communication of GPU 2, Operator, 0.000010, 0.000045, 0.000035, 0.000000, dispatch") ==
        1);
}

TEST_CASE("trace: another suffix is refused before anything is written") {
  CHECK_THROWS_AS(check_trace_name("trace.xyz"), ConfigError);
  CHECK_NOTHROW(check_trace_name("a.pftrace"));
  const Network network = testing::star(4, "nvlink", 100.0_GBps, 0.0_s);
  const Program program = two_layers();
  const Timeline timeline = testing::recorded(program, network);
  const auto file = (std::filesystem::temp_directory_path() / "teapot-trace.xyz").string();
  CHECK_THROWS_AS(write_trace(file, program, timeline, network), ConfigError);
  CHECK(!std::filesystem::exists(file));
  CHECK_THROWS_AS(write_trace("/nowhere/trace.json", program, timeline, network), ConfigError);
}

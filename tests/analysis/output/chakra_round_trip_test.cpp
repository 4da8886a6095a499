// Chakra traces: what is written comes back as the same program, and what others write is read.

#include <doctest/doctest.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "analysis/output/chakra/attributes.hpp"
#include "analysis/output/chakra/chakra.hpp"
#include "analysis/output/chakra/trace_files.hpp"
#include "analysis/run/run.hpp"
#include "sim/catalogue.hpp"
#include "sim/engine.hpp"
#include "tests/analysis/output/star.hpp"

using namespace teapot;

namespace {

namespace fs = std::filesystem;

/// A folder that is gone at the end of the test.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("teapot-chakra-" + std::to_string(getpid()));
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
};

Scenario scenario(const std::vector<std::string>& more) {
  std::vector<std::string> sets{"deployment.gpus=16", "deployment.expert_parallel=16", "deployment.requests_per_gpu=16",
                                "model={from: deepseek-v3, layers: 8}", "accelerator={from: h800, memory: 800 GiB}"};
  sets.insert(sets.end(), more.begin(), more.end());
  return load_scenario(home() + "/examples/deepseek-v3-h800.yaml", sets);
}

void check_round_trip(const std::vector<std::string>& sets) {
  const Folder folder;
  const Scenario s = scenario(sets);
  const Program program = step_program(s);
  write_chakra(program, folder.path.string(), "step");
  const Program read = read_chakra(folder.path.string());
  REQUIRE(read.operators.size() == program.operators.size());
  CHECK(read.streams == program.streams);
  const Timeline before = simulate(program, s.network);
  const Timeline after = simulate(read, s.network);
  CHECK(after.step.value == before.step.value);
  CHECK(after.start_s == before.start_s);
  CHECK(after.end_s == before.end_s);
  for (std::size_t l = 0; l < before.links.size(); ++l) {
    CHECK(after.links[l].bytes.value == doctest::Approx(before.links[l].bytes.value).epsilon(1e-12));
  }
}

struct ForeignNode {
  std::string name;
  chakra::NodeType type;
  std::uint64_t us;
  std::vector<std::uint64_t> after;
  std::map<std::string, std::int64_t> numbers;
};

void write_foreign(const fs::path& file, const std::vector<ForeignNode>& nodes) {
  std::ofstream out{file, std::ios::binary};
  chakra::GlobalMetadata head;
  head.set_version("0.0.4");
  google::protobuf::util::SerializeDelimitedToOstream(head, &out);
  std::uint64_t id = 0;
  for (const auto& n : nodes) {
    chakra::Node node;
    node.set_id(id++);
    node.set_name(n.name);
    node.set_type(n.type);
    node.set_duration_us(n.us);
    for (const auto before : n.after) node.add_data_dependencies(before);
    for (const auto& [name, value] : n.numbers) chakra::add(node, name.c_str()).set_int64_value(value);
    google::protobuf::util::SerializeDelimitedToOstream(node, &out);
  }
}

}  // namespace

TEST_CASE("chakra: a balanced step comes back with equal times") { check_round_trip({}); }

TEST_CASE("chakra: a step with sampled routing comes back with equal times") {
  check_round_trip({"decode.routing.load=uniform"});
}

TEST_CASE("chakra: tensor parallelism comes back with its groups") {
  check_round_trip({"deployment.tensor_parallel=4", "decode.overlap=none"});
}

TEST_CASE("chakra: durations are whole microseconds for others, and every node says whether it is of the CPU") {
  const Folder folder;
  const Scenario s = scenario({});
  const Program program = step_program(s);
  write_chakra(program, folder.path.string(), "step");
  const auto traces = chakra::read_traces(folder.path.string());
  REQUIRE(traces.size() == 16);
  std::size_t op = 0;
  for (const auto& node : traces[3].nodes) {
    REQUIRE(chakra::number(node, "is_cpu_op").has_value());
    const auto* compute = std::get_if<Compute>(&program.operators[op++].work);
    if (compute == nullptr) {
      CHECK(node.type() == chakra::COLLECTIVE);  // balanced: every collective is even
    } else {
      CHECK(static_cast<double>(node.duration_us()) == doctest::Approx(compute->on(3).value * 1e6).epsilon(0.5));
    }
  }
  CHECK(op == program.operators.size());
}

TEST_CASE("chakra: a foreign trace runs: computing, then a quarter of the buffer to each of three others") {
  const Folder folder;
  for (int rank = 0; rank < 4; ++rank) {
    write_foreign(folder.path / ("other." + std::to_string(rank) + ".et"),
                  {{"matmul", chakra::COMPUTE, 100, {}, {}},
                   {"exchange", chakra::COLLECTIVE, 0, {0}, {{"comm_type", 6}, {"comm_size", 4000000}}}});
  }
  const Timeline timeline = simulate(read_chakra(folder.path.string()), testing::star(4, "nic", {1e10}, {}));
  // 100 us, then 3 x 1 MB through one link of 10 GB/s.
  CHECK(timeline.step.value == doctest::Approx(100e-6 + 3e6 / 1e10).epsilon(1e-12));
}

TEST_CASE("chakra: a foreign pair is one message, and only its two ranks wait for it") {
  const Folder folder;
  const std::map<std::string, std::int64_t> pair{
      {"comm_src", 0}, {"comm_dst", 1}, {"comm_tag", 7}, {"comm_size", 2000000}};
  write_foreign(folder.path / "p.0.et", {{"a", chakra::COMPUTE, 50, {}, {}}, {"send", chakra::SEND, 0, {0}, pair}});
  write_foreign(folder.path / "p.1.et", {{"receive", chakra::RECEIVE, 0, {}, pair}});
  write_foreign(folder.path / "p.2.et", {{"a", chakra::COMPUTE, 10, {}, {}}});
  const Program program = read_chakra(folder.path.string());
  const Timeline timeline = simulate(program, testing::star(3, "nic", {1e10}, {}));
  CHECK(timeline.step.value == doctest::Approx(50e-6 + 2e6 / 1e10).epsilon(1e-12));
  double last = 0;  // of what ran on rank 2, which has no part in the message
  for (int op = 0; op < timeline.operators; ++op) {
    if (timeline.ran(op, 2)) last = std::max(last, timeline.end(op, 2).value);
  }
  CHECK(last == doctest::Approx(10e-6).epsilon(1e-12));
}

TEST_CASE("chakra: a folder with traces of another program is not written into") {
  const Folder folder;
  write_foreign(folder.path / "step.16.et", {});
  const Program program = step_program(scenario({}));
  CHECK_THROWS_WITH_AS(write_chakra(program, folder.path.string(), "step"), doctest::Contains("step.16.et"),
                       ConfigError);
  CHECK(!fs::exists(folder.path / "step.0.et"));
  fs::remove(folder.path / "step.16.et");
  write_chakra(program, folder.path.string(), "step");
  write_chakra(program, folder.path.string(), "step");  // over its own
  CHECK(fs::exists(folder.path / "step.15.et"));
}

TEST_CASE("chakra: what is wrong with a trace is said") {
  const Folder folder;
  CHECK_THROWS_WITH_AS(read_chakra("/nowhere"), doctest::Contains("no such folder"), ConfigError);
  CHECK_THROWS_WITH_AS(read_chakra(folder.path.string()), doctest::Contains("no Chakra traces"), ConfigError);
  write_foreign(folder.path / "t.1.et", {});
  CHECK_THROWS_WITH_AS(read_chakra(folder.path.string()), doctest::Contains("no trace of rank 0"), ConfigError);
  write_foreign(folder.path / "t.0.et", {{"a", chakra::COMPUTE, 1, {9}, {}}});
  CHECK_THROWS_WITH_AS(read_chakra(folder.path.string()), doctest::Contains("waits for node 9"), ConfigError);
  write_foreign(folder.path / "t.0.et", {{"a", chakra::COMPUTE, 0, {}, {{"num_ops", 1000}}}});
  CHECK_THROWS_WITH_AS(read_chakra(folder.path.string()), doctest::Contains("has no duration"), ConfigError);
  const Program timed = read_chakra(folder.path.string(), {{1e9}, {1e9}});
  CHECK(std::get<Compute>(timed.operators[0].work).on(0).value == doctest::Approx(1e-6).epsilon(1e-12));
  std::ofstream{folder.path / "t.0.et", std::ios::binary} << "\x50"
                                                          << "cut short";
  CHECK_THROWS_WITH_AS(read_chakra(folder.path.string()), doctest::Contains("not a Chakra trace"), ConfigError);
}

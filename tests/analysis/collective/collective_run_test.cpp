// One exchange alone on a fabric: its time against formulas, the paper's comparisons, and what is refused.

#include "analysis/collective/collective_run.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "platforms/communication.hpp"
#include "sim/catalogue.hpp"
#include "topologies/topology.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

Network network_of(const std::string& yaml, int gpus) {
  return to_network(build_fabric(Config{resolve_named(Config::parse(yaml), "topologies", "fabric")}), gpus);
}

CollectiveCosts costs(const std::string& library) {
  return read_communication(Config{resolve_named(library, "platforms/communication", "communication library")});
}

CollectiveResult run(const Pattern& pattern, const Network& network, const std::string& library = "ideal") {
  return run_collective(pattern, network, costs(library), NetworkDepth::collective);
}

double GBps(BytesPerSecond bandwidth) { return bandwidth.value / 1e9; }

// no latency, so that formulas are exact
const std::string flat =
    "{from: h800-mpft, nodes: 8, nic_latency: 0 s, switch_latency: 0 s, cable_latency: 0 s, pcie_latency: 0 s, "
    "nvlink_latency: 0 s}";

}  // namespace

TEST_CASE("all-to-all: what leaves the node binds the NIC, S (n - 8) / n / 50 GB/s") {
  const Network network = network_of(flat, 32);
  const Bytes size = 64.0_MB;
  const auto result =
      run(dense_pattern("all-to-all", size, Algorithm::ring, make_groups(32, 32, 1), network.domain), network);
  CHECK(result.time.value == doctest::Approx(size.value * 24 / 32 / 50e9).epsilon(1e-9));
  CHECK(result.bound.value == doctest::Approx(result.time.value).epsilon(1e-9));
  CHECK(result.tier == "nic");
  CHECK(result.bus_bandwidth / result.algorithm_bandwidth == doctest::Approx(31.0 / 32).epsilon(1e-12));
}

TEST_CASE("all-gather by ring: busbw is NVLink's inside a node, and that of all NICs of a node across nodes") {
  const Network network = network_of(flat, 64);
  const auto all_gather = [&](int ranks, int size, int stride) {
    const Network part = network_of(flat, ranks);
    return run(dense_pattern("all-gather", 256.0_MB, Algorithm::ring, make_groups(ranks, size, stride), part.domain),
               part);
  };
  CHECK(GBps(all_gather(8, 8, 1).bus_bandwidth) == doctest::Approx(200).epsilon(1e-9));
  // eight rings over eight NICs could carry 400 GB/s; one GPU's NVLink passes all of it on
  CHECK(GBps(all_gather(64, 64, 1).bus_bandwidth) == doctest::Approx(200).epsilon(1e-9));
  // eight groups of one GPU a node: one NIC each
  CHECK(GBps(all_gather(64, 64, 8).bus_bandwidth) == doctest::Approx(50).epsilon(1e-9));
  CHECK(GBps(all_gather(64, 64, 4).bus_bandwidth) == doctest::Approx(100).epsilon(1e-9));
}

TEST_CASE("all-reduce by ring takes twice an all-gather, a broadcast n / (n - 1) times one") {
  const Network network = network_of(flat, 64);
  const auto time = [&](const char* op) {
    return run(dense_pattern(op, 256.0_MB, Algorithm::ring, make_groups(64, 64, 8), network.domain), network)
        .time.value;
  };
  CHECK(time("all-reduce") == doctest::Approx(2 * time("all-gather")).epsilon(1e-9));
  CHECK(time("reduce-scatter") == doctest::Approx(time("all-gather")).epsilon(1e-9));
  CHECK(time("broadcast") == doctest::Approx(time("all-gather") * 8 / 7).epsilon(1e-9));
}

TEST_CASE("dispatch and combine: arXiv 2505.09343, section 2.3.2, 40.32 us and 80.64 us on a 50 GB/s NIC") {
  const Network network = network_of(
      "{from: h800-mpft, gpus_per_node: 1, planes: 1, nodes: 256, nic_latency: 0 s, switch_latency: 0 s, "
      "cable_latency: "
      "0 s, pcie_latency: 0 s}",
      256);
  ExpertExchange exchange;  // 9 copies of 32 tokens of 7,000 values, all of them leave
  exchange.tokens = 32;
  exchange.hidden = 7000;
  exchange.routing.source.kind = LoadSource::Kind::balanced;
  exchange.routing.shared_copies = true;
  exchange.routing.remote_all = true;
  exchange.format.format = format("fp8");
  exchange.format.format.tile_bytes = 0;
  const auto dispatch = run(expert_pattern(exchange, false, 256, network.domain), network);
  CHECK(dispatch.time.value == doctest::Approx(40.32e-6).epsilon(1e-9));
  CHECK(dispatch.bytes_per_gpu.value == doctest::Approx(32 * 9 * 7000.0));
  CHECK(GBps(dispatch.algorithm_bandwidth) == doctest::Approx(50).epsilon(1e-9));
  exchange.format.format = format("bf16");
  CHECK(run(expert_pattern(exchange, true, 256, network.domain), network).time.value ==
        doctest::Approx(80.64e-6).epsilon(1e-9));
}

TEST_CASE("dispatch for each node: a token crosses the network once to each other node, then NVLink") {
  const Network network = network_of(flat, 16);
  ExpertExchange exchange;
  exchange.tokens = 512;
  exchange.routing.per = CopyPer::node;
  exchange.routing.source.kind = LoadSource::Kind::uniform;
  exchange.format.format = format("bf16");
  const Pattern pattern = expert_pattern(exchange, false, 16, network.domain);
  // 8 of 256 experts, half of them in each node: a node is missed by C(128, 8) / C(256, 8) = 0.35% of the tokens
  CHECK(pattern.bytes_per_gpu.value == doctest::Approx(512 * 2 * 14336.0).epsilon(0.01));
  const auto result = run(pattern, network);
  CHECK(result.time > result.bound * 0.999);
  CHECK(result.time < result.bound * 1.001);
}

TEST_CASE("send: latency of the route and bytes over the slowest link") {
  const Network network = network_of("{from: h800-mpft, nodes: 40}", 320);
  const auto result = run(send_pattern(1.0_MB, 0, 39 * 8, 320), network);
  CHECK(result.time.value == doctest::Approx(2.2e-6 + 1e6 / 50e9).epsilon(1e-9));
}

TEST_CASE("collective: bytes that leave equal bytes that arrive, and what a pattern says it sends is sent") {
  const Network network = network_of(flat, 32);
  for (const char* op : {"all-to-all", "all-gather", "reduce-scatter", "all-reduce", "broadcast"}) {
    for (const auto algorithm : {Algorithm::ring, Algorithm::direct}) {
      CAPTURE(op);
      const Pattern pattern = dense_pattern(op, 32.0_MB, algorithm, make_groups(32, 16, 1), network.domain);
      const double sent = pattern.traffic->total() * pattern.bytes_per_copy.value;
      // by operation: what each of 16 ranks of two groups must receive in all, algorithm apart
      const double each = std::string{op} == "all-reduce" ? 2.0 * 15 / 16 : 15.0 / 16;
      CHECK(sent == doctest::Approx(32 * 32e6 * each).epsilon(1e-12));
    }
  }
}

TEST_CASE("arXiv 2505.09343, figure 5: all-to-all of 16 GiB on 32, 64 and 128 GPUs, multi-plane like multi-rail") {
  const std::pair<int, double> published[] = {{32, 59}, {64, 51}, {128, 47}};  // GB/s, read off the figure
  for (const auto& [gpus, measured] : published) {
    CAPTURE(gpus);
    double found[2] = {};
    for (const int rails : {0, 1}) {
      const Network network = network_of(rails != 0 ? "{from: h800-mrft}" : "{from: h800-mpft}", gpus);
      const auto result =
          run(dense_pattern("all-to-all", 16.0_GiB, Algorithm::ring, make_groups(gpus, gpus, 1), network.domain),
              network, "nccl");
      found[rails] = GBps(result.algorithm_bandwidth);
      CHECK(found[rails] == doctest::Approx(measured).epsilon(0.10));
    }
    CHECK(found[0] == doctest::Approx(found[1]).epsilon(0.02));
  }
}

TEST_CASE("arXiv 2505.09343, figure 8: concurrent all-gathers on RoCE, ECMP behind adaptive and static routing") {
  // GB/s read off the figure; groups take every TP-th GPU, so that TP groups share the eight NICs of each node
  struct Row {
    int tensor_parallel;
    double ecmp, adaptive, fixed;
  };
  const Row published[] = {{2, 97, 190, 190}, {4, 83, 103, 103}, {8, 45, 57, 57}};
  for (const Row& row : published) {
    CAPTURE(row.tensor_parallel);
    const auto rate = [&](const std::string& routing) {
      const Network network = network_of("{from: h800-roce, routing: " + routing + "}", 64);
      const auto groups = make_groups(64, 64, row.tensor_parallel);
      const auto result = run(dense_pattern("all-gather", 1.0_GiB, Algorithm::ring, groups, network.domain), network);
      return GBps(result.mean_group_bandwidth);
    };
    const double fixed = rate("static");
    CHECK(fixed == doctest::Approx(row.fixed).epsilon(0.10));
    CHECK(rate("adaptive") == doctest::Approx(fixed).epsilon(1e-6));
    double ecmp = 0;  // the mean over seeds: which flows collide is chance
    constexpr int seeds = 8;
    for (int seed = 1; seed <= seeds; ++seed)
      ecmp += rate("{policy: ecmp, seed: " + std::to_string(seed) + "}") / seeds;
    CHECK(ecmp / fixed == doctest::Approx(row.ecmp / row.fixed).epsilon(0.20));
  }
}

TEST_CASE("matrix: what a GPU sends to itself is left out, the first's and the last's too") {
  const std::string file =
      (std::filesystem::temp_directory_path() / ("teapot-self-" + std::to_string(getpid()) + ".csv")).string();
  std::ofstream{file} << "7,1,1\n1,7,1\n1,1,7\n";
  const Pattern pattern = matrix_pattern(file, 3);
  CHECK(pattern.bytes_per_copy.value == 1);
  CHECK(pattern.bytes_per_gpu.value == 2);
  for (int gpu = 0; gpu < 3; ++gpu) CHECK(pattern.traffic->copies(gpu, gpu) == 0);
  std::filesystem::remove(file);
}

TEST_CASE("matrix: bytes of a file go from row to column, and a wrong file is refused with its line") {
  const Network network = network_of(flat, 16);
  const std::string file =
      (std::filesystem::temp_directory_path() / ("teapot-matrix-" + std::to_string(getpid()) + ".csv")).string();
  const auto write = [&](int rows, const std::string& odd) {
    std::ofstream out{file};
    for (int r = 0; r < rows; ++r) {
      for (int c = 0; c < 16; ++c)
        out << (c > 0 ? "," : "") << (r == 2 && c == 9 ? odd : r == 0 && c == 8 ? "5e8" : "0");
      out << "\n";
    }
  };
  write(16, "1e9");  // GPU 2 to GPU 1 of node 1: over NVLink to NIC 1; GPU 0 to GPU 0 of node 1
  const auto result = run(matrix_pattern(file, 16), network);
  CHECK(result.time.value == doctest::Approx(1e9 / 50e9).epsilon(1e-9));
  CHECK(result.bottleneck == "nic-0-1_UP");
  CHECK(result.bytes_per_gpu.value == doctest::Approx(1.5e9 / 16));
  write(16, "many");
  CHECK_THROWS_WITH_AS(matrix_pattern(file, 16), doctest::Contains(":3: \"many\""), ConfigError);
  write(15, "1");
  CHECK_THROWS_WITH_AS(matrix_pattern(file, 16), doctest::Contains("15 rows"), ConfigError);
  CHECK_THROWS_AS(matrix_pattern("/no/such/file.csv", 16), ConfigError);
  std::filesystem::remove(file);
}

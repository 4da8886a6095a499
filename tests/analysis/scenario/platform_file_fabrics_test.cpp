// Platform files of real fabrics: a run from the file equals the run from the YAML.

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "platforms/accelerator.hpp"
#include "platforms/platform_file/platform_file.hpp"
#include "sim/catalogue.hpp"
#include "sim/engine.hpp"
#include "topologies/topology.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

Network fabric_network(const std::string& name, int most_gpus, const std::vector<std::string>& changes = {}) {
  Tree tree = resolve_named(name, "topologies", "fabric");
  for (const auto& change : changes) {
    const auto equals = change.find('=');
    set_path(tree, change.substr(0, equals), parse_yaml(change.substr(equals + 1), "test"));
  }
  const Fabric fabric = build_fabric(Config{tree});
  return to_network(fabric, std::min(most_gpus, fabric.gpus()));
}

Network through_file(const Network& network, PlatformFile& file) {
  file = to_platform_file(network);
  const auto path = std::filesystem::temp_directory_path() / ("teapot-fabric-" + std::to_string(getpid()) + ".xml");
  std::ofstream{path} << file.xml;
  Network read = read_platform(path.string());
  std::filesystem::remove(path);
  return read;
}

std::vector<std::string> link_names(const Network& network, int source, int destination) {
  std::vector<std::string> names;
  for (const auto& hop : network.route(source, destination)) {
    names.push_back(network.links[static_cast<std::size_t>(hop.link)].name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

int different_routes(const Network& a, const Network& b) {
  int different = 0;
  for (int s = 0; s < a.ranks(); ++s) {
    for (int d = 0; d < a.ranks(); ++d) different += link_names(a, s, d) == link_names(b, s, d) ? 0 : 1;
  }
  return different;
}

/// Each rank sends a different number of copies to each other one.
Program skewed_exchange(int ranks) {
  std::vector<double> copies;
  for (int s = 0; s < ranks; ++s) {
    for (int d = 0; d < ranks; ++d) copies.push_back(s == d ? 0 : 1 + (7 * s + 13 * d) % 11);
  }
  Collective exchange;
  exchange.traffic = std::make_shared<Traffic>(from_dense(ranks, copies));
  exchange.bytes_per_copy = 7408.0_B;
  Program program;
  program.ranks = ranks;
  program.streams = {"communication"};
  program.operators.push_back({"dispatch", 0, 0, 0, {}, exchange});
  return program;
}

std::string content_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

std::string canonical(const std::string& fabric, int gpus, const std::string& accelerator) {
  const auto hbm = read_accelerator(Config{resolve_named(accelerator, "platforms/accelerators", "accelerator")});
  return to_platform_file(fabric_network(fabric, gpus), {hbm.memory_bandwidth}).xml;
}

}  // namespace

TEST_CASE(
    "platform file: every named fabric comes back with its routes and times, or says that it keeps one path of "
    "several") {
  for (const auto& name : names_in("topologies")) {
    // Those of the paper's cost table have up to 261,632 endpoints, and some cannot be built; they are priced only.
    if (name.starts_with("paper-") || name == "prices") continue;
    CAPTURE(name);
    const Network network = fabric_network(name, 24);
    PlatformFile file;
    const Network read = through_file(network, file);
    REQUIRE(read.ranks() == network.ranks());
    CHECK(read.domain == network.domain);
    if (file.spread_pairs > 0) continue;
    CHECK(different_routes(network, read) == 0);
    const Program program = skewed_exchange(network.ranks());
    CHECK(simulate(program, read).step.value == doctest::Approx(simulate(program, network).step.value).epsilon(1e-9));
  }
}

TEST_CASE("platform file: a plane of several leaves and spines keeps every spine") {
  // 16 nodes on 8-port switches: four leaves and four spines a plane.
  const Network network = fabric_network("h800-mpft", 64, {"nodes=16", "gpus_per_node=4", "planes=4", "radix=8"});
  PlatformFile file;
  const Network read = through_file(network, file);
  CHECK(different_routes(network, read) == 0);
  CHECK(file.bypasses == 0);
}

TEST_CASE("platform file: collectives take the same time on the file as on the fabric, to 1e-9") {
  for (const auto& network :
       {fabric_network("h800-mpft", 32), fabric_network("gb200-nvl72", 72),
        fabric_network("h800-mpft", 64, {"nodes=32", "gpus_per_node=2", "planes=2", "radix=8"})}) {
    PlatformFile file;
    const Network read = through_file(network, file);
    const Program program = skewed_exchange(network.ranks());
    const Seconds expected = simulate(program, network).step;
    CHECK(expected > Seconds{});
    CHECK(simulate(program, read).step.value == doctest::Approx(expected.value).epsilon(1e-9));
  }
}

TEST_CASE("platform file: the files that are checked in are what the command writes today") {
  CHECK(content_of(home() + "/platforms/gb200-nvl72.xml") == canonical("gb200-nvl72", 72, "gb200"));
  CHECK(content_of(home() + "/platforms/h800-mpft-128.xml") == canonical("h800-mpft", 128, "h800"));
  CHECK(content_of(home() + "/platforms/h800-mpft-288.xml") == canonical("h800-mpft", 288, "h800"));
}

// Which nodes a job gets, and that its network is the fabric's with other numbers.
// Knows no time.

#include "topologies/allocation.hpp"

#include <doctest/doctest.h>

#include <set>

#include "tests/topologies/written.hpp"

using namespace teapot;

namespace {

std::vector<int> nodes(const std::string& section, const Fabric& fabric, int gpus, std::uint64_t seed = 1) {
  return read_allocation(Config::parse(section), fabric, gpus, seed);
}

std::string refused(const std::string& section, const Fabric& fabric, int gpus) {
  try {
    nodes(section, fabric, gpus);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("allocation: packed is what nothing says, scattered spreads, chance repeats for a seed") {
  const Fabric fabric = testing::build("{from: h800-mpft, nodes: 64}");
  CHECK(nodes("{x: 1}", fabric, 64).empty());
  CHECK(nodes("{placement: packed}", fabric, 64).empty());
  CHECK(nodes("{placement: scattered}", fabric, 64) == std::vector<int>{0, 8, 16, 24, 32, 40, 48, 56});
  CHECK(nodes("{placement: scattered}", fabric, 64 * 8).empty());
  const auto drawn = nodes("{placement: random}", fabric, 64);
  CHECK(drawn == nodes("{placement: random}", fabric, 64));
  CHECK(drawn != nodes("{placement: random}", fabric, 64, 2));
  CHECK(std::set<int>(drawn.begin(), drawn.end()).size() == 8);
  CHECK(nodes("{placement: [3, 1]}", fabric, 16) == std::vector<int>{3, 1});
}

TEST_CASE("allocation: lists that name nodes twice, too few, or none of the fabric are refused") {
  const Fabric fabric = testing::build("{from: h800-mpft, nodes: 4}");
  CHECK(refused("{placement: [0, 0]}", fabric, 16).find("names node 0 twice") != std::string::npos);
  CHECK(refused("{placement: [0]}", fabric, 16).find("the job needs 2 nodes") != std::string::npos);
  CHECK(refused("{placement: [0, 4]}", fabric, 16).find("the fabric has nodes 0 to 3") != std::string::npos);
  CHECK(refused("{placement: apart}", fabric, 16).find("scattered") != std::string::npos);
}

TEST_CASE("allocation: a rank's routes are those of the GPU it stands on, and domains are counted from 0") {
  const Fabric fabric = testing::build("{from: h800-ft3, nodes: 64}");
  const Network whole = to_network(fabric, fabric.gpus());
  const std::vector<int> chosen{40, 2};
  const Network network = on_nodes(fabric, chosen, 16);
  CHECK(network.domain == std::vector<int>{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1});
  const auto names = [](const Network& n, int s, int d) { return testing::text(n, s, d); };
  for (int s = 0; s < 16; ++s) {
    for (int d = 0; d < 16; ++d) {
      if (s == d) continue;
      const auto of = [&](int rank) { return chosen[static_cast<std::size_t>(rank / 8)] * 8 + rank % 8; };
      REQUIRE(names(network, s, d) == names(whole, of(s), of(d)));
    }
  }
}

// Multicast and reduction in real fabrics: what each link carries, against a sum by hand over the fabric's own routes.
// Knows no time.

#include <doctest/doctest.h>

#include <cmath>
#include <map>

#include "sim/collective_load.hpp"
#include "tests/topologies/written.hpp"

using namespace teapot;

namespace {

constexpr double tokens = 128, copies = 8;

Collective exchange(int ranks, Collective::Carry carry, bool back) {
  auto traffic = std::make_shared<Traffic>(all_to_all(one_group(ranks), copies));
  traffic->tokens = tokens;
  Collective collective;
  collective.traffic = traffic;
  collective.reversed = back;
  collective.bytes_per_copy = Bytes{7168};
  collective.carry = carry;
  return collective;
}

/// Bytes of every link.
std::vector<double> carried(const Network& network, const Collective& collective) {
  Program program;
  program.ranks = network.ranks();
  Operator op{"exchange", 0, 0, 0, {}, collective};
  program.streams = {"communication"};
  program.operators = {op};
  const RouteTable routes{network, program};
  Transposes transposes;
  const CollectiveLoad load = load_of(routes, collective, *started_by(collective, transposes));
  std::vector<double> bytes;
  for (int l = 0; l < static_cast<int>(network.links.size()); ++l)
    bytes.push_back(load.copies[static_cast<std::size_t>(routes.stand_in(l))] * collective.bytes_per_copy.value);
  return bytes;
}

/// T (1 - (1 - c / T)^n) for each owner of tokens, n its peers behind the link.
std::vector<double> by_hand(const Network& network, bool back) {
  std::vector<double> bytes(network.links.size());
  for (int owner = 0; owner < network.ranks(); ++owner) {
    std::map<int, int> peers;
    for (int peer = 0; peer < network.ranks(); ++peer) {
      if (peer == owner) continue;
      for (const Hop& hop : back ? network.route(peer, owner) : network.route(owner, peer)) ++peers[hop.link];
    }
    for (const auto& [link, n] : peers)
      bytes[static_cast<std::size_t>(link)] += 7168 * tokens * (1 - std::pow(1 - copies / tokens, n));
  }
  return bytes;
}

}  // namespace

TEST_CASE("multicast: a dispatch leaves a GPU once for each next hop, and a combine comes back so, in every fabric") {
  for (const char* yaml : {"{from: h100-leaf-spine, nodes: 4}", "{from: h800-mpft, nodes: 4}", "hgx-h100"}) {
    CAPTURE(yaml);
    const Network network = to_network(testing::build(yaml), testing::build(yaml).gpus());
    for (const bool back : {false, true}) {
      const auto carry = back ? Collective::Carry::summed : Collective::Carry::once;
      const auto expected = by_hand(network, back);
      const auto found = carried(network, exchange(network.ranks(), carry, back));
      const auto each = carried(network, exchange(network.ranks(), Collective::Carry::each, back));
      double less = 0;
      for (std::size_t l = 0; l < found.size(); ++l) {
        CHECK(found[l] == doctest::Approx(expected[l]).epsilon(1e-12));
        CHECK(found[l] <= each[l] * (1 + 1e-12));
        less = std::max(less, each[l] - found[l]);
      }
      CHECK(less > 0);
    }
  }
}

// Blocks of GPUs that are compared by some of their routes, where fabrics say who is alike, against all of them.

#include "sim/blocks.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "sim/random.hpp"
#include "tests/topologies/written.hpp"

using namespace teapot;
using namespace teapot::testing;
using namespace teapot::literals;

namespace {

struct Verdicts {
  int alike = 0, shared = 0, uneven = 0, asked = 0, asked_of_all = 0;
};

Blocks verdict(Network network, int size, int& asked) {
  network.route = [&asked, route = network.route](int source, int destination) {
    ++asked;
    return route(source, destination);
  };
  return compare_blocks(network, size);
}

void compare(const Network& network, int size, Verdicts& verdicts) {
  Network one_by_one = network;
  one_by_one.alike.clear();
  const Blocks found = verdict(network, size, verdicts.asked);
  CHECK(found == verdict(one_by_one, size, verdicts.asked_of_all));
  ++(found == Blocks::alike ? verdicts.alike : found == Blocks::shared ? verdicts.shared : verdicts.uneven);
}

}  // namespace

TEST_CASE("blocks: on every fabric those of alike GPUs are as all of their routes say, with any link slower, too") {
  Verdicts verdicts;
  Random random{1};
  on_every_fabric({"static", "adaptive"}, [&](const Fabric& fabric) {
    const int gpus = std::min(fabric.gpus(), 128);
    Network network = to_network(fabric, gpus);
    for (const int size : {8, 16, 32, 64}) {
      if (gpus % size != 0) continue;
      compare(network, size, verdicts);
      for (int i = 0; i < 4; ++i) {
        Network slower = network;
        slower.links[random.below(static_cast<std::uint32_t>(slower.links.size()))].bandwidth = 1.0_GBps;
        compare(slower, size, verdicts);
      }
    }
  });
  CHECK(verdicts.alike > 20);
  CHECK(verdicts.shared > 10);
  CHECK(verdicts.uneven > 20);
  CHECK(verdicts.asked < verdicts.asked_of_all);  // of the first block all are
}

// Each kind against the formulas of its paper, and the inputs it must refuse.

#include <doctest/doctest.h>

#include <fmt/format.h>

#include "sim/catalogue.hpp"
#include "topologies/kinds/finite_field.hpp"
#include "topologies/metrics.hpp"
#include "topologies/topology.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

struct Built {
  Fabric fabric;
  Site site;
  Figures figures;
  Metrics metrics;
};

Built build(const std::string& yaml) {
  const Config config{resolve_named(Config::parse(yaml), "topologies", "fabric")};
  Built built;
  built.figures = figures_of(config, built.site);
  built.fabric = build_fabric(config);
  built.metrics = metrics_of(built.fabric, built.figures);
  return built;
}

std::string refusal(const std::string& yaml) {
  try {
    build(yaml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "was built";
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("finite field: addition, multiplication and inverses of fields of prime and prime power size") {
  for (const int q : {3, 4, 5, 7, 8, 9, 16, 25, 27}) {
    CAPTURE(q);
    const FiniteField field{q};
    for (int a = 0; a < q; ++a) {
      CHECK(field.add(a, field.negative(a)) == 0);
      CHECK(field.multiply(a, 1) == a);
      for (int b = 0; b < q; ++b) {
        CHECK((field.multiply(a, b) == 0) == (a == 0 || b == 0));
        const int c = (a + 2 * b + 1) % q;
        CHECK(field.multiply(a, field.add(b, c)) == field.add(field.multiply(a, b), field.multiply(a, c)));
      }
    }
  }
}

TEST_CASE(
    "slim fly (Besta and Hoefler 2014): 2 q^2 switches of degree (3q - d) / 2, any two of them two cables apart") {
  // q = 4w + d
  for (const auto& [q, d] : {std::pair{4, 0}, {5, 1}, {7, -1}, {8, 0}, {9, 1}, {11, -1}, {13, 1}, {16, 0}}) {
    CAPTURE(q);
    const Built slim = build(fmt::format(
        "{{kind: slim-fly, q: {}, endpoints_per_switch: 1, nodes: {}, nic_bandwidth: 400 Gbps}}", q, 2 * q * q));
    CHECK(slim.figures.switches == 2 * q * q);
    CHECK(slim.figures.links() == q * q * (3 * q - d) / 2);
    CHECK(slim.metrics.diameter == 2);
    for (Vertex v = 0; v < slim.fabric.vertices.size(); ++v)
      if (slim.fabric.vertices[v].role == "switch")
        CHECK(slim.fabric.links_out[v].size() == static_cast<std::size_t>((3 * q - d) / 2 + 1));
  }
}

TEST_CASE("slim fly: a q that is not 4w - 1, 4w or 4w + 1 is refused, with the nearest that are") {
  CHECK(has(refusal("{from: slim-fly, q: 6}"), "5 or 7"));
  CHECK(has(refusal("{from: slim-fly, q: 10}"), "9 or 11"));
  CHECK(has(refusal("{from: slim-fly, q: 12}"), "11 or 13"));
  CHECK(has(refusal("{from: slim-fly, q: 5}"), "nodes"));  // too small for 242 nodes
}

TEST_CASE("dragonfly (Kim et al. 2008): a (ah + 1) switches, diameter 3, one cable between any two groups") {
  const Built full = build("{from: dragonfly}");  // p = 4, a = 8, h = 4
  CHECK(full.figures.switches == 8 * (8 * 4 + 1));
  CHECK(full.figures.cables.at("local") == 33 * 8 * 7 / 2);
  CHECK(full.figures.cables.at("global") == 33 * 32 / 2);
  CHECK(full.metrics.diameter == 3);
  // halves of 16 and 17 groups, each pair of groups one cable; the group in the middle is cut as well
  CHECK(full.metrics.bisection >= 50.0_GBps * (16 * 16));
}

TEST_CASE("dragonfly: fewer groups than possible share the global ports evenly") {
  for (const int groups : {2, 3, 4, 7, 8, 12}) {
    CAPTURE(groups);
    const Built some = build(fmt::format("{{from: dragonfly, groups: {}, nodes: 1}}", groups));
    std::map<std::pair<int, int>, int> between;
    for (const FabricLink& link : some.fabric.links) {
      if (link.tier != "global") continue;
      const auto group = [&](Vertex v) { return std::stoi(some.fabric.vertices[v].name.substr(9)) / 8; };
      ++between[{group(link.from), group(link.to)}];
    }
    CHECK(static_cast<int>(between.size()) == groups * (groups - 1));
    int least = 1000, most = 0;
    for (const auto& [pair, count] : between) {
      least = std::min(least, count);
      most = std::max(most, count);
    }
    CHECK(most - least <= 1);
    for (Vertex v = 0; v < some.fabric.vertices.size(); ++v) {
      if (some.fabric.vertices[v].role != "switch") continue;
      CHECK(some.fabric.links_out[v].size() <= 7 + 4 + 4);  // group, global, endpoints
    }
  }
  CHECK(has(refusal("{from: dragonfly, groups: 34}"), "33 groups at most"));
}

TEST_CASE("fat-tree (Al-Fares et al. 2008): 5 k^2 / 4 switches carry k^3 / 4 endpoints, diameter 4, full bisection") {
  const int k = 8;
  const Built tree = build("{kind: fat-tree, layers: 3, radix: 8, nodes: 128, nic_bandwidth: 400 Gbps}");
  CHECK(tree.site.endpoints() == k * k * k / 4);
  CHECK(tree.figures.switches == 5 * k * k / 4);
  CHECK(tree.metrics.diameter == 4);
  CHECK(tree.metrics.bisection == 50.0_GBps * (k * k * k / 4 / 2));
  CHECK(tree.metrics.minimal_paths > k / 2);  // (k/2)^2 = 16 between pods, k/2 = 4 within
  CHECK(has(refusal("{kind: fat-tree, layers: 3, radix: 8, nodes: 129, nic_bandwidth: 400 Gbps}"), "at most 128"));
  CHECK(has(refusal("{kind: fat-tree, layers: 4, radix: 8, nodes: 1, nic_bandwidth: 400 Gbps}"), "2 or 3"));
}

TEST_CASE("leaf-spine: three times more bandwidth down than up leaves a third of the bisection") {
  const Built tree = build("{from: h100-leaf-spine, nodes: 72}");
  CHECK(tree.metrics.bisection.value == doctest::Approx(50e9 * (72 * 8 / 2) / 3).epsilon(1e-12));
}

TEST_CASE("torus (Dally and Towles 2004): diameter is the sum of half the sides, 2 N / k cables cross the middle") {
  const Built torus = build("{from: torus-3d}");  // 8 x 8 x 4
  CHECK(torus.metrics.diameter == 4 + 4 + 2);
  CHECK(torus.metrics.bisection == 50.0_GBps * (2 * 256 / 8));
  CHECK(cut_between_halves(torus.fabric) == torus.metrics.bisection);
  const Built odd = build("{from: torus-2d, dimensions: [5, 3], nodes: 15}");
  CHECK(odd.metrics.diameter == 2 + 1);
}

TEST_CASE("hyperx (Ahn et al. 2009): as far as it has dimensions, N S / 4 cables cross the middle") {
  const Built hyperx = build("{from: hyperx}");  // 16 x 16
  CHECK(hyperx.metrics.diameter == 2);
  CHECK(hyperx.metrics.bisection == 50.0_GBps * (256 * 16 / 4));
  CHECK(cut_between_halves(hyperx.fabric) == hyperx.metrics.bisection);
}

TEST_CASE("multi-rail: GPUs of one rail of a block share a leaf, rails meet in the spine") {
  const Built rail = build("{from: h800-mrft}");
  const auto& ports = rail.fabric.ports;
  CHECK(ports[0].at == ports[8].at);
  CHECK(ports[0].at != ports[1].at);
  CHECK(rail.figures.switches == 64 + 32);
  CHECK(rail.metrics.diameter == 2);
  CHECK(has(refusal("{from: h800-mrft, layers: 2, nodes: 257}"), "at most 2048 endpoints"));
}

TEST_CASE("multi-rail: leaves of a few nodes have the uplinks that their NICs fill, where none are written") {
  const Built four = build("{from: h800-mrft, nodes: 4}");
  CHECK(four.figures.switches == 8 + 1);
  CHECK(four.figures.links() == 8 * 4);
  CHECK(four.figures.bisection == four.metrics.bisection);
  const Built six = build("{from: h800-mrft, nodes: 6}");  // eight: they share evenly into one spine
  CHECK(six.figures.links() == 8 * 8);
  CHECK(six.figures.bisection == build("{from: h800-mrft, nodes: 6, uplinks: 32}").figures.bisection);
  CHECK(build("{from: h800-mrft, nodes: 4, uplinks: 32}").figures.links() == 8 * 32);
  CHECK(build("{from: h800-mrft, nodes: 32}").figures.links() == 8 * 32);
  CHECK(build("{from: h800-mrft, nodes: 4, link_bandwidth: 200 Gbps}").figures.links() == 8 * 8);
}

TEST_CASE("rail-only (Wang et al. 2023): one switch a rail, other rails over NVLink only") {
  const Built rail = build("{from: rail-only}");
  CHECK(rail.figures.switches == 8);
  CHECK(rail.figures.links() == 0);
  CHECK(has(refusal("{from: rail-only, nodes: 65}"), "at most 64"));
}

TEST_CASE("latency of 64 bytes (arXiv 2505.09343, table 5): InfiniBand, RoCE and NVLink within 5%") {
  const auto end_to_end_us = [](Seconds wire, Seconds overhead, BytesPerSecond bandwidth) {
    return (wire + overhead + 64.0_B / bandwidth) / 1.0_us;
  };
  const Built infiniband = build("{from: h800-mpft}");
  const Seconds nic = infiniband.fabric.nic_message_overhead;
  CHECK(end_to_end_us(infiniband.metrics.latency_near, nic, 50.0_GBps) == doctest::Approx(2.8).epsilon(0.05));
  CHECK(end_to_end_us(infiniband.metrics.latency_far, nic, 50.0_GBps) == doctest::Approx(3.7).epsilon(0.05));
  CHECK(end_to_end_us(infiniband.metrics.latency_nvlink, infiniband.fabric.nvlink_message_overhead, 200.0_GBps) ==
        doctest::Approx(3.33).epsilon(0.05));
  const Built roce = build("{from: h800-roce}");
  CHECK(end_to_end_us(roce.metrics.latency_near, nic, 50.0_GBps) == doctest::Approx(3.6).epsilon(0.05));
  CHECK(end_to_end_us(roce.metrics.latency_far, nic, 50.0_GBps) == doctest::Approx(5.6).epsilon(0.05));
}

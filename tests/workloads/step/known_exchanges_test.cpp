// Exchanges drawn once: the same as drawn anew, and told apart by all that they are drawn from.

#include <doctest/doctest.h>

#include <functional>

#include "workloads/step/gates.hpp"

using namespace teapot;

namespace {

struct Source {
  Model model;
  Layout layout;
  Routing routing;
  std::vector<int> domain;
  double group_tokens = 1000;
  std::uint64_t seed = 1;

  Source() {
    model.experts.routed = 32;
    model.experts.top_k = 4;
    model.experts.groups = 4;
    layout.gpus = layout.expert_parallel = 16;
    routing.source.kind = LoadSource::Kind::zipf;
    for (int gpu = 0; gpu < layout.gpus; ++gpu) domain.push_back(gpu / 4);
  }
  Exchange draw(const std::shared_ptr<KnownExchanges>& known = nullptr) const {
    return Gates{model, layout, routing, domain, group_tokens, seed, known}.exchange(3, 0, {20});
  }
};

bool same(const Exchange& a, const Exchange& b) { return *a.traffic == *b.traffic && a.arrived == b.arrived; }

}  // namespace

TEST_CASE("known exchanges: whatever gates draw from differs, they draw as if they had drawn nothing before") {
  const std::vector<std::function<void(Source&)>> changes{
      [](Source&) {},
      [](Source& s) { s.seed = 2; },
      [](Source& s) { s.model.experts.routed = 64; },
      [](Source& s) { s.model.experts.top_k = 2; },
      [](Source& s) { s.routing.top_k = 3; },
      [](Source& s) { s.routing.per = CopyPer::node; },
      [](Source& s) { s.routing.max_nodes = 2; },
      [](Source& s) { s.routing.remote_all = true; },
      [](Source& s) { s.routing.shared_copies = true; },
      [](Source& s) { s.routing.distinct_experts = 8; },
      [](Source& s) { s.routing.source.exponent = 0.5; },
      [](Source& s) { s.routing.source.kind = LoadSource::Kind::uniform; },
      [](Source& s) { s.routing.source.per_layer = false; },
      [](Source& s) { s.layout.redundant_experts = 16; },
      [](Source& s) {
        s.layout.redundant_experts = 16;
        s.routing.balancer = Balancer::global;
      },
      [](Source& s) {
        s.layout.redundant_experts = 16;
        s.routing.balancer = Balancer::global;
        s.routing.drift = 0.5;
      },
      [](Source& s) { s.layout.expert_parallel = 8; },
      [](Source& s) {
        s.layout.expert_parallel = 8;
        s.layout.expert_tensor_parallel = 2;
      },
      [](Source& s) {
        s.routing.per = CopyPer::node;
        for (int& domain : s.domain) domain /= 2;
      },
      [](Source& s) {
        s.routing.source.kind = LoadSource::Kind::power_law;
        s.group_tokens = 10;
      },
      [](Source& s) { s.routing.source.kind = LoadSource::Kind::power_law; },
  };
  const auto known = std::make_shared<KnownExchanges>();
  for (int round = 0; round < 2; ++round) {
    for (std::size_t change = 0; change < changes.size(); ++change) {
      CAPTURE(change);
      Source source;
      changes[change](source);
      CHECK(same(source.draw(known), source.draw()));
    }
  }
  CHECK(Source{}.draw(known).traffic == Source{}.draw(known).traffic);
}

TEST_CASE("known exchanges: those of origins asked for longest ago are forgotten first") {
  const auto known = std::make_shared<KnownExchanges>();
  Source first;
  Source second;
  second.seed = 2;
  const auto of_first = first.draw(known).traffic;
  const auto of_second = second.draw(known).traffic;
  CHECK(first.draw(known).traffic == of_first);
  known->keep_pairs(of_first->pairs());
  CHECK(first.draw(known).traffic == of_first);
  CHECK(second.draw(known).traffic != of_second);
  known->keep_pairs(0);
  CHECK(first.draw(known).traffic != of_first);
}

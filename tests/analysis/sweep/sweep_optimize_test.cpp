// The search for the cheapest deployment, and sensitivities.
// Figures of the search are made up, so that the best of the whole grid is known; sensitivities are simulated.

#include <doctest/doctest.h>

#include <cmath>

#include "analysis/sweep/optimizer.hpp"
#include "analysis/sweep/sensitivity.hpp"
#include "tests/analysis/scenarios.hpp"

namespace teapot {
namespace {

/// A step of fixed and per-request time that depend on EP and fabric; the price of an hour grows with the fabric's
/// name.
Visit made_up(const Candidate& c) {
  const double expert_parallel = std::stod(c.choices[0]);
  const double fabric = c.choices[1] == "cheap" ? 1.0 : c.choices[1] == "fair" ? 1.3 : 1.6;
  Visit v;
  v.candidate = c;
  v.tpot_ms = 10 + 100.0 / expert_parallel + c.batch * (0.3 / fabric + 4.0 / expert_parallel);
  v.tokens_per_s_per_gpu = c.batch / v.tpot_ms * 1e3;
  v.usd_per_million_tokens = fabric * 1.7 / (v.tokens_per_s_per_gpu * 3600) * 1e6;
  return v;
}

SearchSpace space() {
  SearchSpace s{{{"16", "32", "64"}, {"dear", "cheap", "fair"}}, {}};
  for (int batch = 8; batch <= 256; batch += 8) s.batches.push_back(batch);
  return s;
}

}  // namespace

TEST_CASE("optimize: the best of the whole grid is found with a fraction of the visits, whatever the limit") {
  const SearchSpace s = space();
  for (double limit = 12; limit < 200; limit *= 1.3) {
    CAPTURE(limit);
    double cheapest = INFINITY;
    for (const auto& ep : s.axes[0]) {
      for (const auto& fabric : s.axes[1]) {
        for (const int batch : s.batches) {
          const Visit v = made_up({{ep, fabric}, batch});
          if (v.tpot_ms <= limit) cheapest = std::min(cheapest, v.usd_per_million_tokens);
        }
      }
    }
    const Optimum optimum = optimize(s, limit, made_up);
    CHECK(optimum.as_expected);
    CHECK(optimum.grid == 9 * 32);
    CHECK(optimum.visited.size() <= 9 * 6);  // bisecting 32 batches takes 6 visits at most
    if (std::isinf(cheapest)) {
      CHECK_FALSE(optimum.best);
    } else {
      REQUIRE(optimum.best);
      CHECK(optimum.best->usd_per_million_tokens == cheapest);
    }
  }
}

TEST_CASE("optimize: what does not fit into memory is no answer") {
  const Optimum optimum = optimize(space(), 1000, [](const Candidate& c) {
    Visit v = made_up(c);
    if (c.batch > 64) v.error = "does not fit";
    return v;
  });
  REQUIRE(optimum.best);
  CHECK(optimum.best->candidate.batch == 64);
}

TEST_CASE("optimize: groups are ranked by cost, and what is ruled out says why") {
  const Optimum optimum = optimize(space(), 30, [](const Candidate& c) {
    Visit v = made_up(c);
    if (c.choices[0] == "64") v.error = "does not fit";
    if (c.choices[0] == "16" && c.choices[1] == "dear") v.tpot_ms = 31;
    return v;
  });
  REQUIRE(optimum.groups.size() == 9);
  std::size_t ruled_out = 0;
  for (std::size_t i = 0; i < optimum.groups.size(); ++i) {
    const Group& group = optimum.groups[i];
    if (!group.best) {
      ++ruled_out;
      CHECK(group.ruled_out == (group.choices[0] == "64" ? "does not fit" : "TPOT 31.000 ms at 8 requests a GPU"));
      continue;
    }
    CHECK(ruled_out == 0);  // they come last
    if (i > 0) CHECK(group.best->usd_per_million_tokens >= optimum.groups[i - 1].best->usd_per_million_tokens);
  }
  CHECK(ruled_out == 4);
  CHECK(optimum.best->usd_per_million_tokens == optimum.groups[0].best->usd_per_million_tokens);
}

TEST_CASE("optimize: where more batch is seen to give fewer tokens, every batch is visited") {
  const auto folding = [](const Candidate& c) {
    Visit v = made_up(c);
    if (c.batch > 128) v.tpot_ms *= 4;
    v.tokens_per_s_per_gpu = c.batch / v.tpot_ms * 1e3;
    v.usd_per_million_tokens = 1.7 / (v.tokens_per_s_per_gpu * 3600) * 1e6;
    return v;
  };
  const SearchSpace s{{{"32"}, {"fair"}}, space().batches};
  const Optimum optimum = optimize(s, 1e6, folding);
  CHECK_FALSE(optimum.as_expected);
  CHECK(optimum.visited.size() == optimum.grid);
  REQUIRE(optimum.best);
  CHECK(optimum.best->candidate.batch == 128);
}

TEST_CASE("sensitivity: where only the NIC takes time, TPOT is inverse to it and nothing else matters") {
  // As the paper's limit on InfiniBand: no latency, no computing, every copy crosses the NIC of its GPU.
  const Scenario s = testing::example("paper-limit-ib");
  const SensitivityTable table = sensitivity(s, 0.1);
  REQUIRE_FALSE(table.rows.empty());
  double nic = 0;
  for (const auto& row : table.rows) {
    if (row.resource == "batch") continue;
    if (row.resource == "nic") {
      nic = row.elasticity;
      CHECK(row.tpot_more.value == doctest::Approx(table.tpot.value / 1.1).epsilon(1e-6));
      CHECK(row.tpot_less.value == doctest::Approx(table.tpot.value / 0.9).epsilon(1e-6));
    } else {
      CHECK(std::abs(row.elasticity) < 1e-6);
    }
  }
  CHECK(nic == doctest::Approx(1).epsilon(1e-6));
}

}  // namespace teapot

// The models whose config.json is read right: counted against published figures.

#include "analysis/facts/model_page.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <sstream>

#include "sim/catalogue.hpp"

using namespace teapot;

namespace {

const std::vector<PublishedModel>& published() {
  static const auto models = read_published(home() + "/tests/workloads/configs/published.yaml");
  return models;
}

}  // namespace

TEST_CASE("model page: at least 60 models of 25 families") {
  std::set<std::string> families;
  for (const PublishedModel& p : published()) families.insert(p.family);
  CHECK(published().size() >= 60);
  CHECK(families.size() >= 25);
}

TEST_CASE("model page: parameters and active ones are within 2% of the published count, or of its rounding") {
  for (const PublishedModel& p : published()) {
    CAPTURE(p.name);
    CHECK(parameters(p.model) / 1e9 == doctest::Approx(p.total).epsilon(0.02));
    if (p.active == 0) continue;
    const double allowed = std::max(0.02 * p.active, 0.6 * p.digit);
    CHECK(std::abs(p.counted_active() - p.active) <= allowed);
  }
}

TEST_CASE("model page: KV bytes of a token are those of the formula, exactly") {
  for (const PublishedModel& p : published()) {
    CAPTURE(p.name);
    if (p.kv_per_token >= 0) CHECK(kv_bytes_per_token(p.model, format("bf16")).value == p.kv_per_token);
  }
}

TEST_CASE("model page: the YAML that --yaml prints gives the figures of the config.json") {
  for (const PublishedModel& p : published()) {
    CAPTURE(p.name);
    const Model again = read_model(Config::parse(to_yaml(model_tree(p.model)), "again.yaml"));
    CHECK(parameters(again) == parameters(p.model));
    CHECK(active_parameters(again) == active_parameters(p.model));
    CHECK(mtp_parameters(again) == mtp_parameters(p.model));
    CHECK(weights_bytes(again) == weights_bytes(p.model));
    CHECK(kv_bytes(again, format("bf16"), 30000) == kv_bytes(p.model, format("bf16"), 30000));
    CHECK(state_bytes_per_request(again) == state_bytes_per_request(p.model));
    CHECK(decode_flops_per_token(again, 30000) == decode_flops_per_token(p.model, 30000));
    CHECK(again.layers == p.model.layers);
  }
}

TEST_CASE("model page: docs/models.md is what the command prints") {
  std::ifstream file{home() + "/docs/models.md"};
  std::stringstream text;
  text << file.rdbuf();
  CHECK(text.str() == model_page(published()));
}

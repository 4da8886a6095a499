// Model facts: what `./teapot model show` prints.

#include "analysis/facts/model_facts.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "sim/catalogue.hpp"

using namespace teapot;

namespace {

Model named(const std::string& name) { return read_model(Config{resolve_named(name, "workloads/models", "model")}); }

Accelerator accelerator(const std::string& name) {
  return read_accelerator(Config{resolve_named(name, "platforms/accelerators", "accelerator")});
}

}  // namespace

TEST_CASE("model facts: the JSON has the contract's names and the paper's figures") {
  const ModelView view;
  const auto json = nlohmann::json::parse(model_json({model_facts(named("deepseek-v3"), view, {})}, view));
  CHECK(json["kv_bytes_per_token"] == 70272);
  CHECK(json["parameters"].get<double>() == doctest::Approx(671e9).epsilon(0.01));
  CHECK(json["active_parameters"].get<double>() == doctest::Approx(36.6e9).epsilon(0.01));
  CHECK(json["training_gflops_per_token"].get<double>() == doctest::Approx(250).epsilon(0.02));
  CHECK(json["decode_gflops_per_token"].get<double>() > 2 * 36.6);
}

TEST_CASE("model facts: several models come in one list and in one table") {
  const ModelView view;
  const std::vector<ModelFacts> facts{model_facts(named("qwen2.5-72b"), view, {}),
                                      model_facts(named("llama-3.1-405b"), view, {})};
  CHECK(nlohmann::json::parse(model_json(facts, view))["models"].size() == 2);
  const std::string table = model_table(facts, view);
  CHECK(table.find("327.680 KB") != std::string::npos);
  CHECK(table.find("516.096 KB") != std::string::npos);
}

TEST_CASE("model facts: what fits follows from weights, cache and memory") {
  ModelView view;
  view.weights = "bf16";
  view.context = 4096;
  const ModelFacts f = model_facts(named("llama-3.1-70b"), view, {accelerator("h100")});
  // 70.55 billion parameters of two bytes over 0.95 x 80 GB.
  CHECK(f.fits[0].gpus == 2);
  const double left = 8 * 0.95 * 80e9 - parameters(named("llama-3.1-70b")) * 2;
  CHECK(f.fits[0].node_requests == static_cast<int>(left / (4096.0 * 80 * 2 * 8 * 128 * 2)));
  CHECK(f.weights.value == doctest::Approx(parameters(named("llama-3.1-70b")) * 2).epsilon(1e-12));
}

TEST_CASE("model facts: a quantised cache and weights are smaller by their bits and larger by their scales") {
  ModelView view;
  view.weights = "int4";
  view.kv = "int8";
  const ModelFacts f = model_facts(named("qwen2.5-72b"), view, {});
  CHECK(f.kv_per_token.value == 80 * (2 * 8 * 128 + 4));  // a scale of 4 bytes for each layer and token
  const Model model = named("qwen2.5-72b");
  const double vocabulary = 2.0 * 152064 * 8192;
  // Groups of 128 four-bit values with a 2-byte scale and a half-byte zero point.
  CHECK(f.weights.value ==
        doctest::Approx(2 * vocabulary + (parameters(model) - vocabulary) * (0.5 + 2.5 / 128)).epsilon(1e-6));
}

// Models: what their shapes say against what their authors publish.

#include "workloads/model/model.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "sim/catalogue.hpp"

using namespace teapot;

namespace {

Model named(const std::string& name) { return read_model(Config{resolve_named(name, "workloads/models", "model")}); }

Model from_config_json(const std::string& name) {
  return read_model(Config::load(home() + "/tests/workloads/configs/" + name + ".json"));
}

struct Published {
  const char* model;
  double total;       // in 10^9
  double active;      // in 10^9; 0: dense
  double last_digit;  // of the active count as printed: half of it is rounding
  const char* source;
};

// Totals and active parameters as their authors print them.
const Published published[] = {
    {"deepseek-v3", 671, 36.6, 0.1, "huggingface.co/deepseek-ai/DeepSeek-V3 README_WEIGHTS.md (active with the head)"},
    {"deepseek-r1", 671, 36.6, 0.1, "huggingface.co/deepseek-ai/DeepSeek-R1 (as DeepSeek-V3)"},
    {"deepseek-v3.2", 671, 37, 1, "arXiv 2512.02556 (the indexer's 0.9 are not in its count)"},
    // Its authors' 3 B active count neither embedding nor head.
    {"qwen3-next-80b-a3b", 79.7, 0, 0, "huggingface.co/Qwen/Qwen3-Next-80B-A3B-Instruct (80)"},
    {"step-3", 316, 38, 1, "arXiv 2507.19427, abstract (321 with what sees pictures)"},
    {"deepseek-v2", 236, 21, 1, "arXiv 2405.04434, abstract"},
    {"deepseek-v2-lite", 15.7, 2.4, 0.1, "huggingface.co/deepseek-ai/DeepSeek-V2-Lite"},
    {"qwen2.5-72b", 72.7, 0, 0, "huggingface.co/Qwen/Qwen2.5-72B"},
    {"qwen2.5-7b", 7.61, 0, 0, "huggingface.co/Qwen/Qwen2.5-7B"},
    {"qwen3-235b-a22b", 235, 22, 1, "arXiv 2505.09388, table 2"},
    {"qwen3-8b", 8.2, 0, 0, "huggingface.co/Qwen/Qwen3-8B"},
    {"qwen3-30b-a3b", 30.5, 3.3, 0.1, "huggingface.co/Qwen/Qwen3-30B-A3B"},
    {"llama-3.1-8b", 8.03, 0, 0, "huggingface.co/meta-llama/Llama-3.1-8B"},
    {"llama-3.1-70b", 70.6, 0, 0, "huggingface.co/meta-llama/Llama-3.1-70B"},
    {"llama-3.1-405b", 406, 0, 0, "huggingface.co/meta-llama/Llama-3.1-405B"},
    {"llama-2-7b", 6.74, 0, 0, "huggingface.co/meta-llama/Llama-2-7b-hf"},
    {"llama-2-13b", 13.0, 0, 0, "huggingface.co/meta-llama/Llama-2-13b-hf"},
    {"llama-2-70b", 69.0, 0, 0, "huggingface.co/meta-llama/Llama-2-70b-hf"},
    {"mistral-7b", 7.24, 0, 0, "huggingface.co/mistralai/Mistral-7B-v0.1"},
    {"mixtral-8x7b", 46.7, 12.9, 0.1, "mistral.ai/news/mixtral-of-experts"},
    {"mixtral-8x22b", 141, 39, 1, "mistral.ai/news/mixtral-8x22b"},
    // Its report rounds the total to 1.04T, 1.3% more than the weights published under its name hold.
    {"kimi-k2", 1026.4, 32.6, 0.1,
     "huggingface.co/moonshotai/Kimi-K2-Instruct (count of the weight files); active: arXiv 2507.20534, table 2"},
    {"gpt-oss-20b", 20.91, 3.61, 0.01, "arXiv 2508.10925, table 1"},
    {"llama-3.3-70b", 70.6, 0, 0, "huggingface.co/meta-llama/Llama-3.3-70B-Instruct"},
    {"qwen3-14b", 14.8, 0, 0, "arXiv 2505.09388, table 1; huggingface.co/Qwen/Qwen3-14B"},
    {"gpt-oss-120b", 116.83, 5.13, 0.01, "arXiv 2508.10925, table 1"},
    {"minimax-m2.5", 230, 10, 1, "huggingface.co/MiniMaxAI/MiniMax-M2.5 (as MiniMax-M2)"},
    // Its authors' 12 B active count neither embedding nor head: docs/models.md compares them.
    {"glm-4.5-air", 106, 0, 0, "arXiv 2508.06471, table 1"},
    // GLM's authors count neither embedding nor head among the active.
    {"glm-4.6", 355, 0, 0, "huggingface.co/zai-org/GLM-4.6"},
    {"glm-4.7-flash", 30, 0, 0, "huggingface.co/zai-org/GLM-4.7-Flash"},
    {"glm-5", 744, 0, 0, "huggingface.co/zai-org/GLM-5"},
    {"kimi-linear-48b-a3b", 49.1, 3, 1, "arXiv 2510.26692; count of the weight files"},
    {"qwen3-coder-480b-a35b", 480, 35, 1, "huggingface.co/Qwen/Qwen3-Coder-480B-A35B-Instruct"},
    {"llama-4-scout", 108.2, 17, 1, "huggingface.co/meta-llama/Llama-4-Scout-17B-16E (109 with its encoder of 0.8)"},
    {"llama-4-maverick", 400, 17, 1, "huggingface.co/meta-llama/Llama-4-Maverick-17B-128E"},
    {"ministral-3-14b", 13.5, 0, 0, "huggingface.co/mistralai/Ministral-3-14B-Instruct-2512 (language model)"},
    {"nemotron-3-nano-30b-a3b", 31.6, 3.6, 0.1, "arXiv 2512.20848 (active with the embedding)"},
    {"nemotron-3-super-120b-a12b", 120.6, 12.7, 0.1, "huggingface.co/nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-BF16"},
    {"qwen3.5-397b-a17b", 397, 17, 1, "huggingface.co/Qwen/Qwen3.5-397B-A17B"},
    {"ernie-4.5-21b-a3b", 21.8, 3, 1, "huggingface.co/baidu/ERNIE-4.5-21B-A3B-PT"},
    {"qwen3-32b", 32.8, 0, 0, "arXiv 2505.09388, table 1; huggingface.co/Qwen/Qwen3-32B"},
    // The weight files, 41.8, hold the matrix of embedding and head twice.
    {"falcon-40b", 41.3, 0, 0, "huggingface.co/tiiuae/falcon-40b"},
    {"opt-175b", 175, 0, 0, "arXiv 2205.01068, table 1"},
    {"opt-66b", 66, 0, 0, "arXiv 2205.01068, table 1"},
    {"opt-30b", 30, 0, 0, "arXiv 2205.01068, table 1"},
    {"opt-6.7b", 6.7, 0, 0, "arXiv 2205.01068, table 1"},
};

}  // namespace

TEST_CASE(
    "model: layers that look at an image see each tile's patches and one token for its class (Llama 3.2 Vision)") {
  const Model model = from_config_json("llama-3.2-11b-vision");
  int layers = 0;
  for (const Layer& layer : model.layers) {
    if (layer.attention.cross == 0) continue;
    ++layers;
    CHECK(layer.attention.cross == 4 * (32 * 32 + 1));  // 448 / 14 patches each way, four tiles
  }
  CHECK(layers == 8);
}

TEST_CASE("model: parameters of every model are within 1% of what its authors publish") {
  CHECK(std::size(published) == names_in("workloads/models").size());
  for (const Published& p : published) {
    CAPTURE(p.model);
    const Model model = named(p.model);
    CHECK(parameters(model) / 1e9 == doctest::Approx(p.total).epsilon(0.01));
    if (p.active > 0) {
      // 1%, or the rounding of what is printed where that is coarser ("3.3", "22").
      const double allowed = std::max(0.01 * p.active, 0.55 * p.last_digit);
      CHECK(std::abs(active_parameters(model) / 1e9 - p.active) <= allowed);
    }
  }
}

TEST_CASE("model: DeepSeek-V3's prediction module has 11.5 billion parameters of its own") {
  // huggingface.co/deepseek-ai/DeepSeek-V3 README_WEIGHTS.md
  CHECK(mtp_parameters(named("deepseek-v3")) / 1e9 == doctest::Approx(11.5).epsilon(0.01));
}

TEST_CASE("model: KV bytes per token in BF16 are those of the paper, exactly") {
  // arXiv 2505.09343, table 1: layers x (512 + 64) x 2 for MLA, layers x 2 x KV heads x 128 x 2 for GQA.
  CHECK(kv_bytes_per_token(named("deepseek-v3"), format("bf16")).value == 70272);
  CHECK(kv_bytes_per_token(named("qwen2.5-72b"), format("bf16")).value == 327680);
  CHECK(kv_bytes_per_token(named("llama-3.1-405b"), format("bf16")).value == 516096);
}

TEST_CASE("model: training cost per token at 4096 is the paper's within 2%") {
  const auto gflops = [](const char* name) { return training_flops_per_token(named(name), 4096).value / 1e9; };
  // arXiv 2505.09343, table 2.
  CHECK(gflops("deepseek-v2") == doctest::Approx(155).epsilon(0.02));
  CHECK(gflops("deepseek-v3") == doctest::Approx(250).epsilon(0.02));
  CHECK(gflops("llama-3.1-405b") == doctest::Approx(2448).epsilon(0.02));
  // The paper prints 394 for this one; the accounting that gives the other three gives 445.
  CHECK(gflops("qwen2.5-72b") == doctest::Approx(445).epsilon(0.01));
}

TEST_CASE("model: training cost is six times the multiplied parameters and three times causal attention") {
  const Model model = named("deepseek-v3");
  const double attention = 61.0 * 2 * (192 + 128) * 128 * 2048;
  CHECK(training_flops_per_token(model, 4096).value ==
        doctest::Approx(6 * multiplied_parameters(model) + 3 * attention).epsilon(1e-12));
}

TEST_CASE("model: a layer with a window keeps and reads no more than the window") {
  const Model mistral = named("mistral-7b");
  const double each = 32 * 2 * 8 * 128 * 2;
  CHECK(kv_bytes(mistral, format("bf16"), 1000).value == doctest::Approx(1000 * each).epsilon(1e-12));
  CHECK(kv_bytes(mistral, format("bf16"), 32768).value == doctest::Approx(4096 * each).epsilon(1e-12));
  // gpt-oss: 18 of 36 layers see 128 tokens, the others all.
  const double layer = 2 * 8 * 64 * 2;
  CHECK(kv_bytes(named("gpt-oss-120b"), format("bf16"), 8192).value ==
        doctest::Approx(18 * layer * (128 + 8192)).epsilon(1e-12));
}

TEST_CASE("model: a Hugging Face config.json gives the same figures as the YAML") {
  for (const char* name : {"deepseek-v3", "deepseek-v2-lite", "qwen2.5-72b", "qwen3-235b-a22b", "llama-3.1-405b",
                           "mixtral-8x7b", "mistral-7b", "gpt-oss-120b", "kimi-k2", "glm-4.5-air"}) {
    CAPTURE(name);
    const Model yaml = named(name);
    const Model json = from_config_json(name);
    CHECK(parameters(json) == parameters(yaml));
    CHECK(active_parameters_with_embedding(json) == active_parameters_with_embedding(yaml));
    CHECK(active_parameters(json) == multiplied_parameters(yaml));  // one rule, whatever its authors count
    CHECK(mtp_parameters(json) == mtp_parameters(yaml));
    CHECK(kv_bytes(json, format("bf16"), 10000) == kv_bytes(yaml, format("bf16"), 10000));
    CHECK(training_flops_per_token(json, 4096) == training_flops_per_token(yaml, 4096));
    CHECK(decode_flops_per_token(json, 4096) == decode_flops_per_token(yaml, 4096));
    CHECK(json.weights.name == yaml.weights.name);
    CHECK(json.experts.groups == yaml.experts.groups);
    REQUIRE(json.layers.size() == yaml.layers.size());
    for (std::size_t l = 0; l < json.layers.size(); ++l) {
      CHECK(json.layers[l] == yaml.layers[l]);
    }
  }
}

TEST_CASE("model: mistakes in a model's YAML are errors at their place") {
  const auto read = [](const char* text) { return read_model(Config::parse(text, "m.yaml")); };
  const std::string head = "name: m\nhidden: 64\nvocabulary: 100\nlayers: 2\nintermediate: 128\n";
  CHECK_THROWS_WITH_AS(read((head + "attention: {heads: 6, kv_heads: 4, head_dim: 8}\n").c_str()),
                       "m.yaml:6:33: attention.kv_heads: must divide the 6 heads, got 4", ConfigError);
  CHECK_THROWS_WITH_AS(
      read((head + "attention: {heads: 4, kv_heads: 4, head_dim: 8}\nexperts: {routed: 4, top_k: 8, intermediate: 8}")
               .c_str()),
      "m.yaml:7:29: experts.top_k: must be at most the 4 routed experts", ConfigError);
}

// Formats of a checkpoint's parts, in the dialects of those who quantise.

#include <doctest/doctest.h>

#include <algorithm>

#include "workloads/model/huggingface.hpp"

using namespace teapot;

namespace {

/// A small model with a dense layer, experts and a shared one.
Model with_quantisation(const std::string& quantisation) {
  const std::string text =
      R"({"model_type": "deepseek_v3", "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 3,
          "num_attention_heads": 4, "vocab_size": 1000, "n_routed_experts": 8, "num_experts_per_tok": 2,
          "moe_intermediate_size": 64, "n_shared_experts": 1, "first_k_dense_replace": 1, "kv_lora_rank": 64,
          "q_lora_rank": 64, "qk_nope_head_dim": 32, "qk_rope_head_dim": 16, "v_head_dim": 32, "moe_layer_freq": 1,
          "num_nextn_predict_layers": 0, "n_group": 1, "torch_dtype": "bfloat16", "tie_word_embeddings": false,
          "hidden_act": "silu", "quantization_config": )" +
      quantisation + "}";
  return read_huggingface(Config::parse(text, "config.json"));
}

std::string formats(const Model& m) {
  return m.formats.attention.name + " " + m.formats.dense.name + " " + m.formats.experts.name + " " +
         m.formats.shared.name;
}

bool warns_of(const Model& m, const std::string& what) {
  return std::any_of(m.reading.warnings.begin(), m.reading.warnings.end(),
                     [&](const std::string& w) { return w.find(what) != std::string::npos; });
}

const std::string fp8 = R"({"num_bits": 8, "type": "float", "strategy": "block", "group_size": null})";
const std::string nvfp4 = R"({"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": 16})";

}  // namespace

TEST_CASE("checkpoint: groups of modules have a format each, and what none names stays") {
  const Model m = with_quantisation(R"({"quant_method": "compressed-tensors", "ignore": [], "config_groups": {
      "group_0": {"targets": ["re:.*self_attn.*"], "weights": )" +
                                    fp8 + R"(},
      "group_1": {"targets": ["re:.*experts.*"], "weights": )" +
                                    nvfp4 + "}}}");
  CHECK(formats(m) == "fp8 bf16 nvfp4 nvfp4");
  CHECK(warns_of(m, "no group (group_0, group_1, ...) names all matrices of dense feed-forwards"));
}

TEST_CASE("checkpoint: a group that names modules goes before one that names all") {
  const Model m = with_quantisation(R"({"quant_method": "compressed-tensors", "ignore": ["lm_head"], "config_groups": {
      "group_0": {"targets": ["Linear"], "weights": )" +
                                    nvfp4 + R"(},
      "group_1": {"targets": ["re:.*self_attn.*"], "weights": )" +
                                    fp8 + "}}}");
  CHECK(formats(m) == "fp8 nvfp4 nvfp4 nvfp4");
}

TEST_CASE("checkpoint: ModelOpt's mixed precision lists every module with its algorithm") {
  const Model m = with_quantisation(R"({"quant_method": "modelopt", "quant_algo": "MIXED_PRECISION",
      "exclude_modules": ["*shared_experts*", "lm_head"], "quantized_layers": {
      "model.layers.1.mlp.experts": {"quant_algo": "NVFP4", "group_size": 16},
      "model.layers.2.mlp.experts": {"quant_algo": "NVFP4", "group_size": 16},
      "model.layers.0.self_attn": {"quant_algo": "FP8"}, "model.layers.1.self_attn": {"quant_algo": "FP8"}}})");
  CHECK(formats(m) == "fp8-tensor bf16 nvfp4 bf16");
  CHECK(warns_of(m, "matrices of attention differ: 5 in bf16, 10 in fp8-tensor; all counted as fp8-tensor"));
}

TEST_CASE("checkpoint: Quark's and AutoRound's exceptions for single modules count") {
  CHECK(formats(with_quantisation(R"({"quant_method": "quark", "exclude": ["lm_head"],
      "layer_quant_config": {"*self_attn*": {"weight": {"dtype": "fp8_e4m3"}}},
      "global_quant_config": {"weight": {"dtype": "fp4"}}})")) == "fp8-tensor mxfp4 mxfp4 mxfp4");
  CHECK(formats(with_quantisation(R"({"quant_method": "auto-round", "bits": 4, "group_size": 128, "sym": true,
      "extra_config": {".*self_attn.*": {"bits": 16}, ".*shared_experts.*": {"bits": 8}}})")) == "bf16 int4 int4 int8");
}

TEST_CASE("checkpoint: two of four weights that marlin-24 leaves out take no bytes") {
  const std::string weights = R"({"num_bits": 4, "type": "int", "strategy": "group", "group_size": 128})";
  const auto bytes = [&](const std::string& sparsity) {
    const Model m =
        with_quantisation(R"({"quant_method": "compressed-tensors", "ignore": ["lm_head"], )" + sparsity +
                          R"("config_groups": {"group_0": {"targets": ["Linear"], "weights": )" + weights + "}}}");
    return matrices(m.formats.experts, 128e6).value;
  };
  // Groups of 128 with 2.5 bytes each; a stored value has two bits more, which say where it stood.
  CHECK(bytes("") == doctest::Approx(64e6 + 2.5e6).epsilon(1e-9));
  CHECK(bytes(R"("format": "marlin-24", "sparsity_config": {"format": "dense", "sparsity_structure": "2:4"}, )") ==
        doctest::Approx(128e6 * 0.5 * 6 / 8 + 2.5e6).epsilon(1e-9));
}

TEST_CASE("checkpoint: quanto, EETQ, HQQ and MXFP8 are known; others are refused by name") {
  CHECK(formats(with_quantisation(R"({"quant_method": "quanto", "weights": "int4",
                                      "modules_to_not_convert": ["lm_head"]})")) == "int4 int4 int4 int4");
  CHECK(formats(with_quantisation(R"({"quant_method": "eetq", "weights": "int8"})")) == "int8 int8 int8 int8");
  CHECK(formats(with_quantisation(R"({"quant_method": "hqq", "quant_config":
      {"weight_quant_params": {"nbits": 4, "group_size": 64}}})")) == "nf4 nf4 nf4 nf4");
  CHECK(formats(with_quantisation(R"({"quant_method": "mxfp8"})")) == "mxfp8 mxfp8 mxfp8 mxfp8");
  CHECK_THROWS_WITH_AS(with_quantisation(R"({"quant_method": "aqlm"})"), doctest::Contains("\"aqlm\" is not modelled"),
                       ConfigError);
  CHECK_THROWS_WITH_AS(with_quantisation(R"({"bits": 4, "group_size": 64})"), doctest::Contains("MLX"), ConfigError);
}

TEST_CASE("checkpoint: a model without experts has a size in every format") {
  for (const std::string& name : format_names()) {
    CHECK(matrices(format(name), 0).value == 0);
    CHECK(matrices(format(name), 1e9).value > 0);
  }
}

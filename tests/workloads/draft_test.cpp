// Draft models: EAGLE's heads and small models, by the formulas of their papers.

#include "workloads/model/draft.hpp"

#include <doctest/doctest.h>

#include "sim/catalogue.hpp"
#include "steps.hpp"

using namespace teapot;

namespace {

Draft usual(Draft::Kind kind, const Model& target) {
  return usual_draft(kind, target, Config::parse("eagle", "s.yaml"));
}

Draft read(const std::string& text, const Model& target) {
  return read_draft(Config::parse(text, "draft.json"), target);
}

/// A step whose drafts a small model makes.
Step drafted(const std::string& model, const Draft& draft, int tokens, const std::string& deployment) {
  Step step(model, deployment, "overlap: none");
  step.execution.draft = std::make_shared<const Draft>(draft);
  step.execution.draft_passes = tokens;
  step.load.requests[0].new_tokens = 1 + tokens;
  return step;
}

std::vector<const Compute*> computes(const Program& program, const std::string& name) {
  std::vector<const Compute*> found;
  for (const Operator& op : program.operators) {
    if (op.name == name) found.push_back(&std::get<Compute>(op.work));
  }
  return found;
}

const char* eagle3_llama =
    R"({"architectures": ["LlamaForCausalLMEagle3"], "model_type": "llama", "hidden_size": 4096,
        "intermediate_size": 14336, "num_attention_heads": 32, "num_key_value_heads": 8, "num_hidden_layers": 1,
        "vocab_size": 128256, "draft_vocab_size": 32000, "tie_word_embeddings": false, "hidden_act": "silu",
        "torch_dtype": "float16"})";

}  // namespace

TEST_CASE("draft: EAGLE has one layer, a joint of twice the hidden size, and the model's embedding and head") {
  // arXiv 2401.15077, section 3.1; the 0.24 B of its head for a 7 B Llama-2 (section 4).
  const Model llama = named_model("llama-2-7b");
  const Draft d = usual(Draft::Kind::eagle, llama);
  const double h = 4096;
  CHECK(draft_parameters(d) == 2 * h * h + 4 * h * h + 3 * h * 11008);
  CHECK(draft_parameters(d) / 1e9 == doctest::Approx(0.24).epsilon(0.03));
  CHECK(d.joined(true) == 2 * h);
  CHECK(d.joined(false) == 2 * h);
}

TEST_CASE("draft: EAGLE-3 joins three states, attends over twice the hidden size, and scores fewer tokens") {
  // arXiv 2503.01840, figure 5; shapes of its published head for Llama-3.1-8B.
  const Model llama = named_model("llama-3.1-8b");
  const double h = 4096;
  const double attention = 2 * h * (32 + 2 * 8) * 128 + h * h;
  const double expected = 3 * h * h + attention + 3 * h * 14336 + 32000 * h;
  const Draft file = read(eagle3_llama, llama);
  CHECK(draft_parameters(file) == expected);
  CHECK(draft_parameters(usual(Draft::Kind::eagle3, llama)) == expected);
  CHECK(file.joined(true) == 3 * h);
  CHECK(file.joined(false) == 0);
}

TEST_CASE("draft: a model of its own has all its parameters") {
  const Draft d = read(
      "{name: small, hidden: 512, vocabulary: 1000, layers: 2, intermediate: 1024,"
      " attention: {heads: 8, kv_heads: 8, head_dim: 64}}",
      named_model("llama-3.1-8b"));
  CHECK(draft_parameters(d) == parameters(d.model));
}

TEST_CASE("draft: a file that does not fit the model is an error that says why") {
  CHECK_THROWS_WITH_AS(read(eagle3_llama, named_model("llama-3.1-70b")),
                       "draft.json:1:1: its hidden size is 4096, that of Llama-3.1-70B 8192", ConfigError);
  CHECK_THROWS_AS(usual(Draft::Kind::eagle, named_model("deepseek-v3")), ConfigError);
  CHECK_THROWS_WITH_AS(read_model(Config::parse(eagle3_llama, "config.json")), doctest::Contains("decode.draft"),
                       ConfigError);
}

TEST_CASE("draft: each drafted token passes the draft's layers and head once; the first pass takes verified tokens") {
  const Model llama = named_model("llama-3.1-8b");
  const Step step = drafted("llama-3.1-8b", usual(Draft::Kind::eagle3, llama), 3, "{gpus: 1, requests_per_gpu: 4}");
  const Program program = step.program();
  const double h = 4096;
  const auto entries = computes(program, "draft-embedding");
  const auto layers = computes(program, "draft-attention-projections");
  const auto feed = computes(program, "draft-dense-ffn");
  const auto heads = computes(program, "draft-head");
  REQUIRE(entries.size() == 3);
  REQUIRE(layers.size() == 3);
  REQUIRE(feed.size() == 3);
  REQUIRE(heads.size() == 3);
  const auto products = [](const Compute& c) {  // flops of matrix products alone
    return c.flops.value;
  };
  // 4 requests x (1 + 3 drafts) verified tokens, then one of each request.
  const double projection = 2 * 2 * h * (32 + 2 * 8) * 128;
  CHECK(products(*layers[0]) == doctest::Approx(16 * projection).epsilon(0.01));
  CHECK(products(*layers[1]) == doctest::Approx(4 * projection).epsilon(0.01));
  CHECK(products(*feed[2]) == doctest::Approx(4 * 2 * 3 * h * 14336).epsilon(0.01));
  CHECK(products(*heads[0]) == doctest::Approx(4 * 2 * 32000 * h).epsilon(0.01));
  CHECK(products(*entries[0]) == doctest::Approx(16 * 2 * 3 * h * h).epsilon(0.01));
  CHECK(products(*entries[1]) < 4 * 4 * h);  // nothing to join
  CHECK(computes(program, "mtp-head").empty());
}

TEST_CASE("draft: what drafts takes its weights and its cache of every GPU's memory") {
  const Model llama = named_model("llama-3.1-8b");
  const Draft d = usual(Draft::Kind::eagle3, llama);
  const Step step = drafted("llama-3.1-8b", d, 1, "{gpus: 1, requests_per_gpu: 4, context_tokens: 1000}");
  const Precision& p = step.execution.precision;
  const Memory without = memory_per_gpu(step.model, step.layout, step.load, p, false);
  const Memory with = memory_per_gpu(step.model, step.layout, step.load, p, true, &d);
  CHECK((with.weights - without.weights).value == doctest::Approx(2 * draft_parameters(d)).epsilon(1e-9));
  CHECK((with.kv - without.kv).value == doctest::Approx(4.0 * 1000 * 2 * 8 * 128 * 2).epsilon(1e-9));
}

TEST_CASE("draft: its matrices are in its own format, its cache in the model's") {
  const Model llama = named_model("llama-3.1-8b");
  Precision fp8 = read_precision(Config::parse("{weights: fp8, kv: fp8}", "s.yaml"), llama.weights);
  const Precision own = draft_precision(usual(Draft::Kind::eagle, llama), fp8);
  CHECK(own.weights.name == "bf16");
  CHECK(own.activations.name == "bf16");
  CHECK(own.kv.name == "fp8");
}

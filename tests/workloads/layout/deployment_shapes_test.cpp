// Deployments: tensor, pipeline and expert parallelism, requests that differ, precision, and what each costs.

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <numeric>

#include "tests/workloads/steps.hpp"
#include "workloads/load/distribution.hpp"

using namespace teapot;

namespace {

Bytes weights_of(const std::string& model, const std::string& deployment, const std::string& decode = "{}") {
  return Step{model, deployment, decode}.memory().weights;
}

}  // namespace

TEST_CASE("tensor parallel: GPUs share flops and weights, and all-reduce twice a layer") {
  const BuiltStep one{"llama-3.1-8b", "{gpus: 1, requests_per_gpu: 64}", "{}"};
  const BuiltStep four{"llama-3.1-8b", "{gpus: 4, tensor_parallel: 4, requests_per_gpu: 16}", "{}"};
  CHECK(four.all("all-reduce").size() == 2 * 32);
  CHECK(one.all("all-reduce").empty());
  for (const auto& [whole, part] : {std::pair{&one, &four}}) {
    double all = 0;
    double quarter = 0;
    for (const auto* step : {whole, part}) {
      for (const auto& kernel : {"attention", "dense-ffn"}) {
        const Compute& work = step->compute(kernel);
        (step == whole ? all : quarter) += work.flops.value;
      }
    }
    // Norms are computed by every GPU for all tokens; they are less than a thousandth.
    CHECK(quarter * 4 == doctest::Approx(all).epsilon(0.001));
  }
  // A reduce-scatter and an all-gather move (n - 1) / n of the activations each: 64 tokens x 4096 x 2 bytes.
  const Collective& reduce = four.collective("all-reduce");
  CHECK(reduce.traffic->total() / 4 * reduce.bytes_per_copy.value ==
        doctest::Approx(2 * 3.0 / 4 * 64 * 4096 * 2).epsilon(1e-12));
  const double split = parameters(one.model) - 2.0 * 128256 * 4096;  // embedding and head apart
  CHECK((weights_of("llama-3.1-8b", "{gpus: 1}") - weights_of("llama-3.1-8b", "{gpus: 4, tensor_parallel: 4}")).value ==
        doctest::Approx(0.75 * 2 * (split + 128256.0 * 4096)).epsilon(1e-9));
}

TEST_CASE("tensor parallel: experts split as attention is need no dispatch") {
  const BuiltStep step{"mixtral-8x7b", "{gpus: 8, tensor_parallel: 8, requests_per_gpu: 8}", "{overlap: none}"};
  CHECK(step.all("dispatch").empty());
  CHECK(step.all("combine").empty());
  CHECK(step.all("all-reduce").size() == 2 * 32);
  // 64 tokens x top 2 on 8 experts, of which each GPU has an eighth: 3 matrices of 4096 x 14336 / 8.
  const Compute& experts = step.compute("experts");
  CHECK(experts.flops.value == doctest::Approx(2 * 128.0 * 3 * 4096 * 14336 / 8).epsilon(0.001));
}

TEST_CASE("tensor parallel: before experts spread over GPUs each GPU keeps its own tokens") {
  const BuiltStep step{"deepseek-v3", "{gpus: 320, tensor_parallel: 4, expert_parallel: 320, redundant_experts: 64}",
                       "{}"};
  CHECK(step.all("reduce-scatter").size() == 58 * 2);
  CHECK(step.all("all-gather").size() == 58 * 2);
  CHECK(step.all("all-reduce").size() == 3 * 2 * 2);
  // 64 tokens of a micro-batch and GPU, 8 copies.
  CHECK(step.collective("dispatch").traffic->total() == doctest::Approx(320 * 64 * 8 * 319.0 / 320).epsilon(1e-10));
}

TEST_CASE("pipeline parallel: stages share layers and cache, and hand activations on") {
  const BuiltStep flat{"llama-3.1-70b", "{gpus: 4, requests_per_gpu: 8}", "{}"};
  const BuiltStep piped{"llama-3.1-70b", "{gpus: 4, pipeline_parallel: 4, requests_per_gpu: 8}", "{}"};
  CHECK(flat.all("attention").size() == 80);
  CHECK(piped.all("attention").size() == 4 * 80);  // every layer, on each fourth of the requests
  for (const Operator* op : piped.all("attention")) {
    CHECK(op->on->size() == 1);
    CHECK(op->runs_on(op->layer / 20));
  }
  CHECK(piped.all("send").size() == 4);
  CHECK(piped.all("head").size() == 4);
  const Collective& send = piped.collective("send");
  const double activations = 8 * 8192 * 2;
  CHECK(send.traffic->total() * send.bytes_per_copy.value == doctest::Approx(3 * activations + 8 * 4).epsilon(1e-12));
  // The same requests pass all layers; only one stage has the head.
  CHECK(piped.compute("attention").flops == flat.compute("attention").flops);
  CHECK_FALSE(piped.all("head")[0]->runs_on(0));
  CHECK(piped.all("head")[0]->runs_on(3));
  CHECK(piped.compute("head").on(3) == flat.compute("head").on(3));
  const auto memory = [](const Step& s) { return s.memory(); };
  CHECK(memory(piped).kv == memory(flat).kv);  // a fourth of the layers for four times the requests
  const double vocabulary = 2.0 * 128256 * 8192;
  CHECK((memory(piped).weights.value - vocabulary) * 4 ==
        doctest::Approx(memory(flat).weights.value - 2 * vocabulary).epsilon(1e-9));
}

TEST_CASE("pipeline parallel: what it cannot split is an error") {
  const Model dense = named_model("llama-3.1-70b");
  CHECK_THROWS_WITH_AS(read_layout(Config::parse("{gpus: 6, pipeline_parallel: 3}", "s.yaml"), dense),
                       "s.yaml:1:30: pipeline_parallel: must divide the 80 layers", ConfigError);
  CHECK_THROWS_WITH_AS(
      read_layout(Config::parse("{gpus: 8, pipeline_parallel: 2}", "s.yaml"), named_model("deepseek-v3")),
      "s.yaml:1:30: pipeline_parallel: is for models without experts; DeepSeek-V3 spreads experts over all GPUs",
      ConfigError);
}

TEST_CASE("requests: a distribution has its mean, the same for the same seed, and different GPUs wait differently") {
  Layout layout;
  layout.gpus = 32;
  const auto read = [&](const std::string& context) {
    return read_load(Config::parse("{requests_per_gpu: 64, context_tokens: " + context + "}"), layout);
  };
  const auto mean = [&](const Load& load) {
    const Batches batches{load, layout, 1};
    double sum = 0;
    for (int gpu = 0; gpu < 32; ++gpu) {
      sum += batches.of_group(gpu, 0, Tokens::all, true).sequences[0].mean([](double context) { return context; });
    }
    return sum / 32;
  };
  const Load lognormal = read("{distribution: lognormal, mean: 4096, sigma: 0.5}");
  // 2,048 requests; the standard deviation is mean x sqrt(exp(sigma^2) - 1): five standard errors.
  CHECK(std::abs(mean(lognormal) - 4096) < 5 * 4096 * std::sqrt(std::exp(0.25) - 1) / std::sqrt(2048.0));
  CHECK(mean(lognormal) == mean(read("{distribution: lognormal, mean: 4096, sigma: 0.5}")));
  CHECK(mean(lognormal) != mean(read("{distribution: lognormal, mean: 4096, sigma: 0.5, seed: 2}")));
  const Load uniform = read("{distribution: uniform, from: 1000, to: 3000}");
  CHECK(uniform.context_tokens() == 2000);
  CHECK(std::abs(mean(uniform) - 2000) < 5 * 2000 / std::sqrt(12.0) / std::sqrt(2048.0));

  const BuiltStep step{"deepseek-v3", "{gpus: 32, context_tokens: {distribution: lognormal, mean: 4096, sigma: 0.5}}",
                       "{}"};
  const auto& durations = step.compute("attention").duration;
  REQUIRE(durations.size() == 32);
  CHECK(*std::max_element(durations.begin(), durations.end()) > *std::min_element(durations.begin(), durations.end()));
}

TEST_CASE("requests: an empirical distribution draws only what its file holds") {
  const std::string file = "lengths_test.csv";
  std::ofstream{file} << "tokens\n100\n200\n300\n";
  const Distribution d = read_distribution(Config::parse("{distribution: empirical, file: " + file + "}"));
  std::remove(file.c_str());
  CHECK(d.mean == 200);
  Random random{1};
  for (int i = 0; i < 100; ++i) {
    const double value = d.draw(random);
    CHECK((value == 100 || value == 200 || value == 300));
  }
}

TEST_CASE("requests: batches that differ between GPUs are dealt in turn, and their tokens all travel") {
  const BuiltStep step{"deepseek-v3", "{gpus: 4, requests_per_gpu: [10, 20]}", "{}"};
  CHECK(step.load.requests_per_gpu() == 15);
  const auto sent = [&](int gpu) {
    double sum = 0;
    step.collective("dispatch").traffic->for_each_receiver(gpu, [&](int, double copies) { sum += copies; });
    return sum;
  };
  CHECK(sent(0) == doctest::Approx(5 * 8 * 3.0 / 4).epsilon(1e-12));
  CHECK(sent(1) == doctest::Approx(10 * 8 * 3.0 / 4).epsilon(1e-12));
  CHECK(step.compute("attention").on(1) > step.compute("attention").on(0));
  CHECK(step.compute("experts").on(1) == step.compute("experts").on(0));
}

TEST_CASE("precision: bytes of weights and of what travels follow the format and its scales") {
  const double n = 7168;
  CHECK(copy_bytes({format("fp8"), Bytes{16}}, n).value == n + 56 * 4 + 16);
  CHECK(copy_bytes({format("bf16"), Bytes{}}, n).value == 2 * n);
  CHECK(copy_bytes({format("logfmt8"), Bytes{}}, n).value == n + 56 * 4);
  CHECK(copy_bytes({format("logfmt10"), Bytes{}}, n).value == n * 10 / 8 + 56 * 4);
  CHECK(copy_bytes({format("e5m6"), Bytes{}}, n).value == n * 12 / 8 + 56 * 4);
  CHECK(copy_bytes({format("nvfp4"), Bytes{}}, n).value == n / 2 + n / 16);
  CHECK(weight_bytes(format("fp8"), 2048, 7168).value == 2048.0 * 7168 + 16 * 56 * 4);
  CHECK(weight_bytes(format("int8"), 2048, 7168).value == 2048.0 * 7168 + 2048 * 4);
  CHECK(weight_bytes(format("int4"), 2048, 7168).value == 2048.0 * 7168 / 2 + 2048 * 56 * 2.5);
  // 2:4: two of four values with two bits each that say which.
  const Format sparse = read_weight_format(Config::parse("{format: bf16, sparsity: 2:4}"));
  CHECK(weight_bytes(sparse, 64, 64).value == 64 * 64 * (0.5 * 16 + 0.5 * 2) / 8);
  const CopyFormat plain = read_copy_format(Config::parse("{format: fp8, scales: false, header: 0 B}"), Bytes{16});
  CHECK(copy_bytes(plain, 7000).value == 7000);
}

TEST_CASE("precision: smaller weights, caches and windows take less memory and less time") {
  const auto step = [](const std::string& precision) {
    return BuiltStep{"llama-3.1-8b", "{gpus: 1, requests_per_gpu: 16}", "{precision: " + precision + "}"};
  };
  const BuiltStep plain = step("{}");
  const BuiltStep int4 = step("{weights: int4}");
  const BuiltStep sparse = step("{weights: {format: bf16, sparsity: 2:4}}");
  const BuiltStep kv8 = step("{kv: int8}");
  const BuiltStep window = step("{kv: {format: bf16, window: 1024}}");
  CHECK(int4.compute("dense-ffn").bytes < sparse.compute("dense-ffn").bytes);
  CHECK(sparse.compute("dense-ffn").bytes < plain.compute("dense-ffn").bytes);
  CHECK(sparse.compute("dense-ffn").flops < plain.compute("dense-ffn").flops);
  CHECK(kv8.compute("attention").bytes < plain.compute("attention").bytes);
  const auto kv = [](const Step& s) { return s.memory().kv.value; };
  CHECK(kv(window) == doctest::Approx(kv(plain) / 4).epsilon(1e-12));
  CHECK(kv(kv8) == doctest::Approx(16.0 * 4096 * 32 * (2 * 8 * 128 + 4)).epsilon(1e-12));
}

TEST_CASE("speculation: a sampled step emits about the expected tokens, and the seed decides") {
  const auto tokens = [&](const std::string& more) {
    const Step step{"deepseek-v3", "{gpus: 64}", "{draft_tokens: 2, acceptance: 0.8" + more + "}"};
    return step.speculation.tokens_per_step;
  };
  CHECK(tokens("") == doctest::Approx(1 + 0.8 + 0.64).epsilon(1e-12));
  // 8,192 requests, a standard deviation below 1: five standard errors.
  CHECK(std::abs(tokens(", speculation: sampled") - 2.44) < 5 / std::sqrt(8192.0));
  CHECK(tokens(", speculation: sampled, speculation_seed: 2") != tokens(", speculation: sampled"));
}

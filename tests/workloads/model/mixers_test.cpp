// Parameters, cache, states and arithmetic of each kind of mixer, by the formulas of its paper.

#include <doctest/doctest.h>

#include "workloads/model/mixer.hpp"
#include "workloads/model/yaml_mixer.hpp"

using namespace teapot;

namespace {

Attention mixer(const char* yaml) { return read_mixer(Config::parse(yaml, "mixer.yaml")); }

doctest::Approx exactly(double value) { return doctest::Approx(value).epsilon(1e-12); }

}  // namespace

TEST_CASE("mixers: gated attention has a gate as wide as its output (Qwen3-Next)") {
  const Attention a = mixer("{heads: 16, kv_heads: 2, head_dim: 256, gate: 256}");
  // Query and gate, key and value, output.
  CHECK(attention_parameters(a, 2048) == exactly(2048.0 * (2 * 16 * 256 + 2 * 2 * 256) + 16.0 * 256 * 2048));
  CHECK(cache_bytes(a, format("bf16"), 100).value == exactly(100.0 * 2 * 2 * 256 * 2));
}

TEST_CASE("mixers: what several sequences keep is the sum of what each keeps, whatever the mixer") {
  for (const char* yaml :
       {"{heads: 16, kv_heads: 2, head_dim: 128}", "{heads: 16, kv_heads: 2, head_dim: 128, window: 256}",
        "{heads: 16, kv_heads: 2, head_dim: 128, indexer: {heads: 4, dim: 64, top: 128}}",
        "{kind: mla, heads: 128, q_rank: 1536, kv_rank: 512, nope_dim: 128, rope_dim: 64, value_dim: 128}"}) {
    CAPTURE(yaml);
    const Attention a = mixer(yaml);
    const auto kept = [&](double count, double context) {
      Sequences s;
      s.count = count;
      s.context = context;
      return mixer_of(a).kept(a, format("bf16"), s, 1).value;
    };
    CHECK(kept(7, 1000) == exactly(7 * kept(1, 1000)));
    const std::vector<float> lengths{10, 300, 1000};
    Sequences uneven;
    uneven.count = 3;
    uneven.contexts = {lengths};
    CHECK(mixer_of(a).kept(a, format("bf16"), uneven, 1).value == exactly(kept(1, 10) + kept(1, 300) + kept(1, 1000)));
  }
}

TEST_CASE("mixers: a factorised query goes through one narrow vector for all heads (Step-3, arXiv 2507.19427)") {
  const Attention a = mixer("{heads: 64, kv_heads: 1, head_dim: 256, q_rank: 2048}");
  CHECK(attention_parameters(a, 7168) ==
        exactly(7168.0 * 2048 + 2048.0 * 64 * 256 + 7168.0 * 2 * 256 + 64.0 * 256 * 7168));
}

TEST_CASE(
    "mixers: an indexer adds its keys to the cache and leaves a fixed number of rows to read (arXiv 2512.02556)") {
  const char* const plain =
      "{kind: mla, heads: 128, q_rank: 1536, kv_rank: 512, nope_dim: 128, rope_dim: 64, value_dim: 128}";
  const char* const sparse =
      "{kind: mla, heads: 128, q_rank: 1536, kv_rank: 512, nope_dim: 128, rope_dim: 64, value_dim: 128, "
      "indexer: {heads: 64, dim: 128, top: 2048}}";
  const Attention a = mixer(sparse);
  CHECK(attention_parameters(a, 7168) - attention_parameters(mixer(plain), 7168) ==
        exactly(1536.0 * 64 * 128 + 7168.0 * (128 + 64)));
  CHECK(cache_bytes(a, format("bf16"), 1000).value == exactly(1000.0 * (576 * 2 + 128 + 4)));
  CHECK(a.visible(1000) == 1000);
  CHECK(a.visible(100'000) == 2048);
  CHECK(a.kept(100'000) == 100'000);
  // Scores of 64 heads over every key, and attention in its absorbed form over 2048 rows.
  CHECK(decode_flops(a, 100'000).value == exactly(2.0 * 64 * 128 * 100'000 + 2.0 * (576 + 512) * 128 * 2048));
}

TEST_CASE("mixers: compressed rows stand for several tokens beyond a window (DeepSeek-V4)") {
  const Attention a = mixer(
      "{kind: compressed, heads: 64, head_dim: 512, q_rank: 1024, window: 128, compression: 4, o_rank: 1024, o_groups: "
      "8, "
      "indexer: {heads: 64, dim: 128, top: 512}}");
  CHECK(a.kept(4096) == 128 + 1024);
  CHECK(a.visible(4096) == 128 + 512);
  CHECK(cache_bytes(a, format("bf16"), 4096).value == exactly((128 + 1024) * 512.0 * 2 + 1024 * 132.0));
  const double h = 4096;
  const double query = h * 1024 + 1024.0 * 64 * 512;
  const double pooling = h * (2 * 2 * 512);  // value and weight, twice as wide where windows overlap
  const double indexer = 1024.0 * 64 * 128 + h * 64 + h * (2 * 2 * 128);
  const double output = 64.0 * 512 * 1024 + 8.0 * 1024 * h;
  CHECK(attention_parameters(a, h) == exactly(query + h * 512 + pooling + indexer + output));
}

TEST_CASE("mixers: Gated DeltaNet keeps a matrix for each head, whatever the context (arXiv 2412.06464)") {
  const Attention a =
      mixer("{kind: delta, key_heads: 16, value_heads: 32, key_dim: 128, value_dim: 128, kernel: 4, gate: true}");
  const double keys = 16 * 128;
  const double inner = 32 * 128;
  CHECK(attention_parameters(a, 2048) ==
        exactly(2048 * (2 * keys + 2 * inner) + 2048 * 2.0 * 32 + 4 * (2 * keys + inner) + inner * 2048));
  CHECK(state_bytes(a).value == exactly(32.0 * 128 * 128 * 4 + 3 * (2 * keys + inner) * 2));
  CHECK(cache_bytes(a, format("bf16"), 1e6).value == 0);
  CHECK(decode_flops(a, 1000) == decode_flops(a, 1e6));
}

TEST_CASE("mixers: KDA decays each channel through a low rank (arXiv 2510.26692)") {
  const Attention a = mixer(
      "{kind: delta, key_heads: 32, value_heads: 32, key_dim: 128, value_dim: 128, kernel: 4, gate: true, gate_rank: "
      "128}");
  const double h = 2304;
  const double wide = 32 * 128;
  CHECK(attention_parameters(a, h) == exactly(h * 3 * wide + 4 * 3 * wide + h * 32 + 2 * 128 * (h + wide) + wide * h));
}

TEST_CASE("mixers: lightning attention is query, key, value, a gate and the output (arXiv 2501.08313)") {
  const Attention a =
      mixer("{kind: lightning, key_heads: 64, value_heads: 64, key_dim: 128, value_dim: 128, gate: true}");
  CHECK(attention_parameters(a, 6144) == exactly(6144.0 * 5 * 64 * 128));
  CHECK(state_bytes(a).value == exactly(64.0 * 128 * 128 * 4));
}

TEST_CASE("mixers: Mamba-2 shares B and C between the heads of a group (arXiv 2405.21060)") {
  const Attention a = mixer("{kind: mamba-2, key_heads: 8, value_heads: 64, key_dim: 128, value_dim: 64, kernel: 4}");
  const double inner = 64 * 64;
  const double shared = 2.0 * 8 * 128;
  CHECK(attention_parameters(a, 2688) ==
        exactly(2688 * (2 * inner + shared + 64) + 4 * (inner + shared) + inner * 2688));
  CHECK(state_bytes(a).value == exactly(inner * 128 * 4 + 3 * (inner + shared) * 2));
}

TEST_CASE("mixers: Mamba has a state of its own for each channel (arXiv 2312.00752)") {
  const Attention a = mixer("{kind: mamba, value_dim: 8192, key_dim: 16, kernel: 4, step_rank: 256}");
  CHECK(attention_parameters(a, 4096) ==
        exactly(4096.0 * 2 * 8192 + 8192 * 4 + 8192.0 * (256 + 32) + 256.0 * 8192 + 8192.0 * 16 + 8192.0 * 4096));
  CHECK(state_bytes(a).value == exactly(8192.0 * 16 * 4 + 3 * 8192.0 * 2));
}

TEST_CASE(
    "mixers: RG-LRU has two branches, gates by blocks and a number of state for each channel (arXiv 2402.19427)") {
  const Attention a = mixer("{kind: rg-lru, value_heads: 10, value_dim: 256, kernel: 4}");
  const double h = 2560;
  CHECK(attention_parameters(a, h) == exactly(2 * h * h + 4 * h + 2 * h * 256 + h + h * h));
  CHECK(state_bytes(a).value == exactly(h * 4 + 3 * h * 2));
  CHECK(cache_bytes(a, format("bf16"), 1e6).value == 0);
}

TEST_CASE("mixers: cross-attention keeps the rows of an image, whatever the context") {
  const Attention a = mixer("{heads: 32, kv_heads: 8, head_dim: 128, cross: 4100}");
  CHECK(attention_parameters(a, 4096) == exactly(4096.0 * (32 + 2 * 8) * 128 + 4096.0 * 4096));
  CHECK(cache_bytes(a, format("bf16"), 10).value == exactly(4100.0 * 2 * 8 * 128 * 2));
  CHECK(cache_bytes(a, format("bf16"), 1e6).value == exactly(4100.0 * 2 * 8 * 128 * 2));
  CHECK(decode_flops(a, 1e6).value == exactly(2.0 * 2 * 128 * 32 * 4100));
}

TEST_CASE("mixers: an indexer may keep plain keys (MiniMax-M3: 128 numbers of BF16 a token)") {
  const Attention a =
      mixer("{heads: 64, kv_heads: 4, head_dim: 128, indexer: {heads: 4, dim: 128, top: 2048, plain_keys: true}}");
  CHECK(cache_bytes(a, format("bf16"), 1000).value == exactly(1000.0 * (2 * 4 * 128 * 2 + 128 * 2)));
  CHECK(a.visible(1e6) == 2048);
}

TEST_CASE("mixers: a mixer written as YAML is read again as it was") {
  for (const char* yaml :
       {"{heads: 16, kv_heads: 2, head_dim: 256, gate: 256, window: 128, chunked: true, value_dim: 128}",
        "{kind: mla, heads: 8, kv_rank: 512, nope_dim: 128, rope_dim: 64, value_dim: 128, indexer: {heads: 4, dim: 64, "
        "top: 9}}",
        "{kind: delta, value_heads: 32, key_dim: 128, value_dim: 64, kernel: 4, gate: true, gate_rank: 16, "
        "state_bytes: 2}",
        "{kind: mamba, value_dim: 8192, key_dim: 16, kernel: 4, step_rank: 256}",
        "{kind: rg-lru, value_heads: 10, value_dim: 256, kernel: 4}",
        "{heads: 64, kv_heads: 4, head_dim: 128, cross: 4100, indexer: {heads: 4, dim: 128, top: 64, plain_keys: "
        "true}}",
        "{kind: convolution, value_dim: 2048, kernel: 3}"}) {
    const Attention a = mixer(yaml);
    CHECK(read_mixer(Config{mixer_tree(a)}) == a);
  }
}

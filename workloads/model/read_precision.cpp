// Reading `decode.precision`.
// Knows no accelerator.

#include "workloads/model/precision.hpp"

#include <utility>

namespace teapot {
namespace {

/// What matrices with these weights are multiplied with when nothing is said: weight-only formats keep BF16.
Format matching_activations(const Format& weights) {
  const bool weight_only = weights.arithmetic == "bf16" || weights.name == "mxfp4";
  return weight_only || weights.bits > 8 ? format("bf16") : format(weights.name);
}

/// The format of a key that is absent.
Format default_format(const Config& section, const std::string& key, const Format& fallback, const About& about) {
  section.choice_or(key, format_names(), fallback.name, about);
  return fallback;
}

}  // namespace

Precision Precision::in(const Part& part) const {
  if (part.weights.name.empty()) return *this;
  Precision p = *this;
  p.weights = part.weights;
  p.activations = part.activations;
  return p;
}

namespace {

void read_cache(const Config& section, Precision& p) {
  const About cache{"Of the KV cache; {format: fp8, window: 4096} keeps so many tokens", "fp8", "",
                    "kv_cache kv_cache_dtype kv_dtype"};
  if (section.has("kv")) {
    const Config kv = section.at("kv");
    p.kv = read_format(kv.is_mapping() ? kv.at("format", {"Of the numbers", "fp8"}) : kv);
    if (kv.is_mapping())
      p.kv_window = kv.non_negative_or<int>(
          "window", 0, {"Tokens of cache kept and read in every layer; 0: as the model says", "4096"});
  } else {
    p.kv = default_format(section, "kv", format("bf16"), cache);
  }
}

}  // namespace

Precision read_precision(const Config& section, const Format& published, const WeightFormats& parts) {
  Precision p;
  const auto read = [&](const char* key, const Format& fallback, const About& about) {
    return section.has(key) ? read_format(section.at(key)) : default_format(section, key, fallback, about);
  };
  const About weights{"Of the matrices in attention, feed-forward and experts; {format: .., sparsity: 2:4} too", "fp8",
                      "the model's", "weight quantization dtype"};
  p.weights = section.has("weights") ? read_weight_format(section.at("weights"))
                                     : default_format(section, "weights", published, weights);
  const About activations{"Of what enters those matrices; picks their arithmetic", "fp8",
                          "as the weights; bf16 where they are 4 bits wide for storage only"};
  p.activations = read("activations", matching_activations(p.weights), activations);
  // Naming the format of most of it is no reason to change what its authors left in another.
  if (!section.has("weights") || (p.weights.name == published.name && p.weights.density == published.density)) {
    for (const auto& [part, format] :
         {std::pair{&p.attention_part, &parts.attention}, std::pair{&p.dense_part, &parts.dense},
          std::pair{&p.shared_part, &parts.shared}}) {
      if (!format->name.empty()) *part = {*format, read("activations", matching_activations(*format), activations)};
    }
  }
  const About of_experts{"Of routed and shared experts, where the rest has another", "nvfp4", "as weights"};
  if (section.has("experts", of_experts)) {  // the rest keeps what is said of all
    p.attention_part = p.dense_part = {p.weights, p.activations};
    p.weights = read_weight_format(section.at("experts"));
    p.activations = section.has("activations") ? p.activations : matching_activations(p.weights);
  }
  p.attention = read("attention", format("bf16"), {"Of the core of attention", "bf16", "bf16"});
  read_cache(section, p);
  const Bytes header{16};  // DeepEP csrc/kernels/internode_ll.cu: one int4 before each token
  const About there{"Of tokens on their way to experts; {format: .., header: 16 B, scales: true} too", "fp8"};
  const About back{"Of tokens on their way back from experts", "bf16"};
  p.dispatch = section.has("dispatch") ? read_copy_format(section.at("dispatch"), header)
                                       : CopyFormat{default_format(section, "dispatch", format("fp8"), there), header};
  p.combine = section.has("combine") ? read_copy_format(section.at("combine"), Bytes{})
                                     : CopyFormat{default_format(section, "combine", format("bf16"), back), Bytes{}};
  return p;
}

}  // namespace teapot

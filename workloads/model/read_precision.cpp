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

}  // namespace

Precision Precision::in(const Part& part) const {
  if (part.weights.name.empty()) return *this;
  Precision p = *this;
  p.weights = part.weights;
  p.activations = part.activations;
  return p;
}

Precision read_precision(const Config& section, const Format& published, const WeightFormats& parts) {
  Precision p;
  const auto read = [&](const char* key, const Format& fallback) {
    return section.has(key) ? read_format(section.at(key)) : fallback;
  };
  p.weights = section.has("weights") ? read_weight_format(section.at("weights")) : published;
  p.activations = read("activations", matching_activations(p.weights));
  if (!section.has("weights")) {
    for (const auto& [part, format] :
         {std::pair{&p.attention_part, &parts.attention}, std::pair{&p.dense_part, &parts.dense},
          std::pair{&p.shared_part, &parts.shared}}) {
      if (!format->name.empty()) *part = {*format, read("activations", matching_activations(*format))};
    }
  }
  p.attention = read("attention", format("bf16"));
  p.kv = format("bf16");
  if (section.has("kv")) {
    const Config kv = section.at("kv");
    p.kv = read_format(kv.is_mapping() ? kv.at("format") : kv);
    if (kv.is_mapping()) p.kv_window = kv.non_negative_or<int>("window", 0);
  }
  const Bytes dispatch_header{16};  // DeepEP csrc/kernels/internode_ll.cu: one int4 before each token
  p.dispatch = section.has("dispatch") ? read_copy_format(section.at("dispatch"), dispatch_header)
                                       : CopyFormat{format("fp8"), dispatch_header};
  p.combine =
      section.has("combine") ? read_copy_format(section.at("combine"), Bytes{}) : CopyFormat{format("bf16"), Bytes{}};
  return p;
}

}  // namespace teapot

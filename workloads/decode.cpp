// Reading `decode:`.
// Knows no accelerator, runtime or fabric.

#include "workloads/decode.hpp"

#include <fmt/format.h>

#include "sim/catalogue.hpp"
#include "workloads/overlap.hpp"

namespace teapot {
namespace {

Config section_or_empty(const Config& section, const std::string& key) {
  return section.has(key) ? section.at(key) : Config::parse("{}");
}

std::vector<double> read_acceptance(const Config& section, int drafts) {
  // The published acceptance of the second token is 0.8 to 0.9 (arXiv 2412.19437, section 5.4.3).
  std::vector<double> acceptance(static_cast<std::size_t>(drafts), 0.85);
  if (!section.has("acceptance")) return acceptance;
  const Config value = section.at("acceptance");
  if (!value.is_sequence()) return std::vector<double>(acceptance.size(), section.fraction("acceptance"));
  const auto items = value.items();
  if (items.size() != acceptance.size()) {
    value.fail(fmt::format("expected one value for each of {} draft tokens, got {}", drafts, items.size()));
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    acceptance[i] = items[i].as_non_negative<double>();
    if (acceptance[i] > 1) items[i].fail("must be between 0 and 1");
  }
  return acceptance;
}

Routing read_routing(const Config& section, const Model& model) {
  Routing r;
  r.load = section.choice_or("load", {"balanced", "uniform"}, r.load);
  r.max_nodes = section.non_negative_or<int>("max_nodes", 0);
  if (r.max_nodes > 0 && model.experts.groups > 1) {
    const int reachable = r.max_nodes * (model.experts.routed / model.experts.groups);
    if (reachable < model.experts.top_k) {
      section.at("max_nodes").fail(fmt::format("{} groups hold fewer experts than a token chooses", r.max_nodes));
    }
  }
  r.shared_copies = section.choice_or("copies", {"routed", "routed+shared"}, "routed") == "routed+shared";
  const std::string per = section.choice_or("per", {"expert", "gpu", "node"}, "expert");
  r.per = per == "expert" ? CopyPer::expert : per == "gpu" ? CopyPer::gpu : CopyPer::node;
  r.remote_all = section.choice_or("remote", {"as-routed", "all"}, "as-routed") == "all";
  return r;
}

/// What matrices with these weights are multiplied with when nothing is said: weight-only formats keep BF16.
Format matching_activations(const Format& weights) {
  const bool weight_only = weights.name == "int4" || weights.name == "gptq" || weights.name == "mxfp4";
  return weight_only || weights.bits > 8 ? format("bf16") : format(weights.name);
}

Precision read_precision(const Config& section, const Model& model) {
  Precision p;
  const auto read = [&](const char* key, const Format& fallback) {
    return section.has(key) ? read_format(section.at(key)) : fallback;
  };
  p.weights = read("weights", model.weights);
  p.activations = read("activations", matching_activations(p.weights));
  p.attention = read("attention", format("bf16"));
  p.kv = read("kv", format("bf16"));
  const Bytes dispatch_header{16};  // DeepEP csrc/kernels/internode_ll.cu: one int4 before each token
  p.dispatch = section.has("dispatch") ? read_copy_format(section.at("dispatch"), dispatch_header)
                                       : CopyFormat{format("fp8"), dispatch_header};
  p.combine =
      section.has("combine") ? read_copy_format(section.at("combine"), Bytes{}) : CopyFormat{format("bf16"), Bytes{}};
  return p;
}

}  // namespace

Decode read_decode(const Config& section, const Model& model, const Deployment& deployment) {
  Decode d;
  d.overlap = section.choice_or("overlap", overlap_names(), model.has_experts() ? "dual-micro-batch" : "none");
  const int micro_batches = overlap(d.overlap).micro_batches;
  if (deployment.requests_per_gpu < micro_batches) {
    (section.has("overlap") ? section.at("overlap") : section)
        .fail(fmt::format("{} needs at least {} requests per GPU, got {}", d.overlap, micro_batches,
                          deployment.requests_per_gpu));
  }
  d.draft_tokens = section.non_negative_or<int>("draft_tokens", 0);
  if (d.draft_tokens > 0 && model.mtp_modules == 0) {
    section.at("draft_tokens").fail(model.name + " has no multi-token prediction module");
  }
  d.acceptance = read_acceptance(section, d.draft_tokens);
  d.routing = read_routing(section_or_empty(section, "routing"), model);
  d.precision = read_precision(section_or_empty(section, "precision"), model);
  return d;
}

}  // namespace teapot

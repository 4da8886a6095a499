// Reading `decode:`.
// Knows no accelerator, runtime or fabric.

#include "workloads/step/decode.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/random.hpp"
#include "workloads/step/overlap.hpp"

namespace teapot {
namespace {

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

/// 1 + the drafts accepted before the first that is not.
double expected_tokens(const std::vector<double>& acceptance) {
  double sum = 1;
  double accepted = 1;
  for (const double a : acceptance) sum += accepted *= a;
  return sum;
}

/// The mean over one step of every request, each draft accepted or not by a draw.
double sampled_tokens(const std::vector<double>& acceptance, const Deployment& deployment, std::uint64_t seed) {
  const auto requests = std::llround(deployment.requests_per_gpu * deployment.gpus);
  Random random{seed, 0xacce};
  std::int64_t tokens = requests;
  for (std::int64_t request = 0; request < requests; ++request) {
    for (const double a : acceptance) {
      if (random.uniform() >= a) break;
      ++tokens;
    }
  }
  return static_cast<double>(tokens) / static_cast<double>(requests);
}

double read_tokens_per_step(const Config& section, const std::vector<double>& acceptance,
                            const Deployment& deployment) {
  const bool sampled = section.choice_or("speculation", {"expected", "sampled"}, "expected") == "sampled";
  if (!sampled && section.has("speculation_seed")) section.at("speculation_seed").fail("needs speculation: sampled");
  const auto seed = static_cast<std::uint64_t>(section.non_negative_or<std::int64_t>("speculation_seed", 1));
  return sampled ? sampled_tokens(acceptance, deployment, seed) : expected_tokens(acceptance);
}

Balancer read_balancer(const Config& section, const Deployment& deployment) {
  const std::string fallback = deployment.redundant_experts > 0 ? "hierarchical" : "none";
  const std::string word = section.choice_or("balancer", {"none", "hierarchical", "global"}, fallback);
  return word == "none" ? Balancer::none : word == "global" ? Balancer::global : Balancer::hierarchical;
}

void read_limits(const Config& section, const Model& model, Routing& r) {
  r.max_nodes = section.non_negative_or<int>("max_nodes", 0);
  if (r.max_nodes > 0 && model.experts.groups > 1) {
    const int reachable = r.max_nodes * (model.experts.routed / model.experts.groups);
    if (reachable < r.top_k) {
      section.at("max_nodes").fail(fmt::format("{} groups hold fewer experts than a token chooses", r.max_nodes));
    }
  }
  r.distinct_experts = section.non_negative_or<int>("distinct_experts", 0);
  if (r.distinct_experts == 0) return;
  const Config distinct = section.at("distinct_experts");
  if (r.balanced() || r.source.kind == LoadSource::Kind::trace)
    distinct.fail("needs choices that can be changed (load: uniform, zipf, ...)");
  if (r.max_nodes > 0) distinct.fail("cannot be combined with max_nodes");
  if (r.distinct_experts < r.top_k || r.distinct_experts > model.experts.routed) {
    distinct.fail(
        fmt::format("must lie between the {} experts of a token and the model's {}", r.top_k, model.experts.routed));
  }
}

Routing read_routing(const Config& section, const Model& model, const Deployment& deployment) {
  Routing r;
  if (!model.has_experts()) {
    if (!section.keys().empty()) section.fail(model.name + " has no experts");
    return r;
  }
  r.top_k = section.positive_or<int>("top_k", model.experts.top_k);
  if (r.top_k > model.experts.routed) section.at("top_k").fail(fmt::format("must be at most {}", model.experts.routed));
  r.load = section.get_or<std::string>("load", r.load);
  r.source = read_loads(section, model.experts.routed, r.top_k);
  r.balancer = read_balancer(section, deployment);
  read_limits(section, model, r);
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
  p.weights = section.has("weights") ? read_weight_format(section.at("weights")) : model.weights;
  p.activations = read("activations", matching_activations(p.weights));
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

}  // namespace

Decode read_decode(const Config& section, const Model& model, const Deployment& deployment) {
  Decode d;
  d.overlap = section.choice_or("overlap", overlap_names(), model.has_experts() ? "dual-micro-batch" : "none");
  const int micro_batches = overlap(d.overlap).micro_batches;
  const int fewest = *std::min_element(deployment.requests.begin(), deployment.requests.end());
  if (fewest < micro_batches) {
    (section.has("overlap") ? section.at("overlap") : section)
        .fail(fmt::format("{} needs at least {} requests per GPU, got {}", d.overlap, micro_batches, fewest));
  }
  if (micro_batches > 1 && deployment.pipeline_parallel > 1) {
    section.at("overlap").fail("must be none with pipeline_parallel, whose stages take turns already");
  }
  d.draft_tokens = section.non_negative_or<int>("draft_tokens", 0);
  if (d.draft_tokens > 0 && model.mtp_modules == 0) {
    section.at("draft_tokens").fail(model.name + " has no multi-token prediction module");
  }
  d.acceptance = read_acceptance(section, d.draft_tokens);
  d.tokens_per_step = read_tokens_per_step(section, d.acceptance, deployment);
  d.routing = read_routing(section.section("routing"), model, deployment);
  d.precision = read_precision(section.section("precision"), model);
  return d;
}

}  // namespace teapot

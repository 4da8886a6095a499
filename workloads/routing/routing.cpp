// Reading `decode.routing`.
// Knows no links and no time.

#include "workloads/routing/routing.hpp"

#include <fmt/format.h>

#include <cmath>
#include "sim/limits.hpp"

namespace teapot {
namespace {

Balancer read_balancer(const Config& section, const Layout& layout) {
  const std::string fallback = layout.redundant_experts > 0 ? "hierarchical" : "none";
  const std::string word =
      section.choice_or("balancer", {"none", "hierarchical", "global"}, fallback,
                        {"How experts and their redundant copies are placed (EPLB)", "hierarchical",
                         "hierarchical where there are redundant_experts, else none", "eplb"});
  return word == "none" ? Balancer::none : word == "global" ? Balancer::global : Balancer::hierarchical;
}

void read_limits(const Config& section, const Model& model, Routing& r) {
  r.max_nodes = section.non_negative_or<int>(
      "max_nodes", 0, {"Groups of experts a token may choose from (node-limited routing); 0: all", "4"});
  if (r.max_nodes > 0 && model.experts.groups > 1) {
    limits::at_most(section, "max_nodes", r.max_nodes, limits::experts);
    const std::int64_t reachable = std::int64_t{r.max_nodes} * (model.experts.routed / model.experts.groups);
    if (reachable < r.top_k) {
      section.at("max_nodes").fail(fmt::format("{} groups hold fewer experts than a token chooses", r.max_nodes));
    }
  }
  r.distinct_experts = section.non_negative_or<int>(
      "distinct_experts", 0, {"Experts that a micro-batch keeps to, its favourites; 0: no limit", "64"});
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

/// What travels. Copies to shared experts do where these are apart from attention, and none can stay where all are.
void read_copies(const Config& section, const Model& model, const Layout& layout, Routing& r) {
  r.shared_copies = section.choice_or("copies", {"routed", "routed+shared"}, "routed",
                                      {"What travels: copies to the routed experts, or one to the shared expert too",
                                       "routed"}) == "routed+shared";
  r.remote_all =
      section.choice_or("remote", {"as-routed", "all"}, "as-routed",
                        {"all: no copy stays on its own GPU, as in the paper's limits", "as-routed"}) == "all";
  if (!layout.apart()) return;
  for (const char* key : {"copies", "remote"}) {
    if (section.has(key)) section.at(key).fail("has no meaning with deployment.attention_gpus (see feed_forwards)");
  }
  r.shared_copies = layout.all_apart() && model.experts.shared_intermediate > 0;
}

}  // namespace

Routing read_routing(const Config& section, const Model& model, const Layout& layout) {
  Routing r;
  if (!model.has_experts()) {
    if (!section.tree().entries.empty()) section.fail(model.name + " has no experts");
    return r;
  }
  r.top_k = section.positive_or<int>("top_k", static_cast<int>(std::lround(model.experts.met())),
                                     {"Experts that a token chooses", "8", "the model's", "topk num_experts_per_tok"});
  if (r.top_k > model.experts.routed) section.at("top_k").fail(fmt::format("must be at most {}", model.experts.routed));
  r.load = section.get_or<std::string>("load", "power-law");
  r.source = read_loads(section, model.experts.routed, r.top_k);
  r.balancer = read_balancer(section, layout);
  r.drift = section.fraction_or(
      "drift", 0.0,
      {"Part of the experts' load that went to others since the balancer saw it: an EPLB that lags", "0.1"});
  if (r.drift > 0 && r.balancer == Balancer::none) section.at("drift").fail("has no meaning with balancer: none");
  read_limits(section, model, r);
  const std::string per = section.choice_or(
      "per", {"expert", "gpu", "node"}, "expert",
      {"One copy of a token for each chosen expert, for each distinct GPU, or for each distinct node", "expert"});
  r.per = per == "expert" ? CopyPer::expert : per == "gpu" ? CopyPer::gpu : CopyPer::node;
  read_copies(section, model, layout, r);
  return r;
}

}  // namespace teapot

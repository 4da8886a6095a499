// Reading a prefill's load and what differs from a decode.
// Knows no network.

#include "analysis/scenario/phase.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "analysis/scenario/tree_edit.hpp"

namespace teapot {
namespace {

void put_default(Tree& tree, const std::string& key, const std::string& text) {
  if (tree.find(key) == nullptr) set_path(tree, key, scalar(text));
}

}  // namespace

Phase read_phase(const Config& scenario) {
  const std::string phase = scenario.choice_or(
      "phase", {"decode", "prefill", "training"}, "decode",
      {"What a step does: decode requests, compute their prompts, or train on sequences", "prefill"});
  if (phase == "training")
    scenario.at("phase").fail("training is for run, compare, sensitivity, sweep and chakra export");
  return phase == "prefill" ? Phase::prefill : Phase::decode;
}

Config how_executed(const Config& scenario, Phase phase, const Model& model, const Accelerator& accelerator,
                    const Load& load) {
  if (phase == Phase::decode) return scenario.section("decode");
  Tree how = scenario.section("decode").tree();
  how.kind = Tree::Kind::mapping;
  for (const char* key :
       {"overlap", "communication", "draft", "draft_tokens", "acceptance", "speculation", "speculation_seed"}) {
    erase(how, key);
  }
  if (scenario.has("prefill")) how = overlay(how, scenario.at("prefill").tree());
  erase(how, "tokens_per_gpu");
  const bool pairs = model.has_experts() && load.fewest() >= 2;
  put_default(how, "overlap", pairs ? "alternating-micro-batches" : "none");
  if (accelerator.communication == "deepep-low-latency") put_default(how, "communication", "deepep-normal");
  const Tree* routing = how.find("routing");
  if (model.has_experts() && (routing == nullptr || routing->find("per") == nullptr)) {
    set_path(how, "routing.per", scalar("node"));
  }
  Tree all;
  all.kind = Tree::Kind::mapping;
  set_path(all, "prefill", how);
  return Config{all}.at("prefill");
}

Load read_prompts(const Config& scenario, const Layout& layout) {
  const Config deployment = scenario.section("deployment");
  const Config wanted = scenario.section("requests");
  int prompt = 4096;
  if (wanted.has("prompt_tokens")) {
    prompt = wanted.at("prompt_tokens", {"Tokens of each prompt; for `serve` also a distribution", "4096"})
                 .as_positive<int>();
  } else if (deployment.has("context_tokens")) {
    prompt = deployment.at("context_tokens").as_positive<int>();
  }
  const double fraction =
      wanted.fraction_or("cached_fraction", 0, {"Part of a prompt that a prefix cache holds already", "0.56"});
  const int cached = std::min(prompt - 1, static_cast<int>(std::lround(prompt * fraction)));
  const int tokens = scenario.section("prefill").positive_or<int>(
      "tokens_per_gpu", 16384, {"Prompt tokens that a GPU computes in one step, whole prompts", "16384"});
  Load load;
  const bool counted = deployment.has("requests_per_gpu") || deployment.has("concurrency");
  if (counted) load = read_load(deployment, layout);
  Requests& prompts = load.requests[0];
  if (!counted) prompts.counts = {std::max(1, tokens / (prompt - cached))};
  prompts.context = cached;
  prompts.new_tokens = prompt - cached;
  prompts.prompt = true;
  return load;
}

}  // namespace teapot

// Reading speculation, and the tokens it yields.
// Knows no layer and no time.

#include "workloads/step/speculation.hpp"

#include <fmt/format.h>

#include <cmath>

#include "sim/limits.hpp"
#include "sim/random.hpp"

namespace teapot {
namespace {

std::vector<double> read_acceptance(const Config& section, int drafts) {
  // The published acceptance of the second token is 0.8 to 0.9 (arXiv 2412.19437, section 5.4.3).
  std::vector<double> acceptance(static_cast<std::size_t>(drafts), 0.85);
  if (!section.has("acceptance")) {
    section.fraction_or(
        "acceptance", 0.85,
        {"Chance that a draft token is accepted when those before it were; one for all drafts, or a list", "0.85", "",
         "acceptance_rate accept_rate"});
    return acceptance;
  }
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
double sampled_tokens(const std::vector<double>& acceptance, int gpus, const Load& load, std::uint64_t seed) {
  const auto requests = std::llround(load.requests_per_gpu() * gpus);
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

}  // namespace

Speculation read_speculation(const Config& decode, const Model& model, const Layout& layout, const Load& load,
                             const Draft* draft) {
  Speculation s;
  s.draft_tokens = decode.non_negative_or<int>(
      "draft_tokens", 0,
      {"Tokens drafted in each step, by the model's own prediction module (MTP) or by `draft`", "1", "",
       "mtp num_speculative_tokens nextn"});
  limits::at_most(decode, "draft_tokens", s.draft_tokens, limits::drafts);
  if (s.draft_tokens > 0 && draft == nullptr && model.mtp_modules == 0) {
    decode.at("draft_tokens")
        .fail(model.name + " has no multi-token prediction module (`draft` names another drafter)");
  }
  if (draft != nullptr && layout.pipeline_parallel > 1)
    decode.at("draft").fail("a draft model beside a pipeline is not modelled");
  for (const Layer& layer : draft != nullptr ? draft->model.layers : std::vector<Layer>{}) {
    if (layer.attention.mixes() && layer.attention.split_parts() % layout.tensor_parallel != 0)
      decode.at("draft").fail(fmt::format("its {} heads do not divide by tensor_parallel {}",
                                          layer.attention.split_parts(), layout.tensor_parallel));
  }
  s.acceptance = read_acceptance(decode, s.draft_tokens);
  const bool sampled =
      decode.choice_or("speculation", {"expected", "sampled"}, "expected",
                       {"Tokens accepted: the expected number, or a draw for every request", "expected"}) == "sampled";
  if (!sampled && decode.has("speculation_seed")) decode.at("speculation_seed").fail("needs speculation: sampled");
  const auto seed = static_cast<std::uint64_t>(
      decode.non_negative_or<std::int64_t>("speculation_seed", 1, {"Of the draws of `speculation: sampled`", "1"}));
  s.tokens_per_step = sampled ? sampled_tokens(s.acceptance, layout.gpus, load, seed) : expected_tokens(s.acceptance);
  return s;
}

}  // namespace teapot

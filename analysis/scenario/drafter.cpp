// Reading `draft`.
// Does not know how a draft is run.

#include "analysis/scenario/drafter.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace teapot {
namespace {

const About about{
    "Who drafts tokens: the model's own module (mtp), eagle or eagle-3 in their usual shape, or a model "
    "by name, path or {from: FILE, kind: eagle}",
    "eagle-3", "mtp", "draft_model speculative_model"};

const std::vector<std::string> words{"mtp", "eagle", "eagle-3"};

}  // namespace

bool draft_is_named(const Config& decode) {
  if (!decode.has("draft", about)) return false;
  const Config value = decode.at("draft");
  return !value.is_scalar() || std::find(words.begin(), words.end(), value.as<std::string>()) == words.end();
}

std::shared_ptr<const Draft> read_drafter(const Config& decode, const Model& model, PartReader& parts) {
  const bool named = draft_is_named(decode);
  const std::string word = named ? "" : decode.choice_or("draft", words, "mtp", about);
  if (word == "mtp") return nullptr;
  const Config value = decode.at("draft");
  if (!decode.has("draft_tokens")) value.fail("needs draft_tokens, how many it drafts in a step");
  if (named) {
    const Config config = decode.in_place_of("draft", parts.named(decode, "draft", "workloads/models", "model", ""));
    return std::make_shared<const Draft>(read_draft(config, model));
  }
  const auto kind = word == "eagle" ? Draft::Kind::eagle : Draft::Kind::eagle3;
  return std::make_shared<const Draft>(usual_draft(kind, model, value));
}

}  // namespace teapot

// Refusing what attention-FFN disaggregation cannot be joined with.
// Does not know why a key is there.

#include "analysis/scenario/apart.hpp"

#include <fmt/format.h>

#include <string>

#include "analysis/scenario/known_keys.hpp"
#include "workloads/layout/memory.hpp"

namespace teapot {
namespace {

[[noreturn]] void refuse(const Config& config, const std::string& section, const char* key, const std::string& why) {
  const Config in = config.section(section);
  (in.has(key) ? in.at(key) : in).fail(why);
}

}  // namespace

void check_apart(const Config& config, const Scenario& s) {
  if (!s.layout.apart()) return;
  if (s.phase != Phase::decode)
    config.at("phase").fail("deployment.attention_gpus is for decoding: prompts are computed on GPUs that run all");
  if (s.execution.draft) refuse(config, "decode", "draft", "cannot be combined with deployment.attention_gpus");
  if (s.host || s.execution.offload.any())
    refuse(config, "deployment", "attention_gpus", "cannot be combined with `memory`: nothing may lie on hosts");
  if (s.compute == ComputeDepth::as_communication)
    refuse(config, "simulation", "compute", "cannot be as-communication with deployment.attention_gpus");
}

void require_feed_forwards_fit(const Scenario& s, const Config& deployment, double usable) {
  if (!s.layout.apart()) return;
  const Bytes need = feed_forward_weights(s.model, s.layout, s.execution.precision, s.speculation.draft_tokens > 0);
  const Bytes have = s.accelerator.memory * usable;
  if (need <= have) return;
  try {
    deployment.fail(
        fmt::format("does not fit: feed-forwards need {} on each of {} GPUs, {} more than the {} usable of {} "
                    "(memory_fraction {}); "
                    "fewer attention_gpus leave more of them",
                    to_text(need), s.layout.ffn_gpus, to_text(need - have), to_text(have), s.accelerator.name, usable));
  } catch (const ConfigError& e) {
    throw DoesNotFit(e.what());
  }
}

}  // namespace teapot

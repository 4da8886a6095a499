// Words and numbers of a report.
// Does not decide where they go.

#include "analysis/run/summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "analysis/output/counted.hpp"
#include "analysis/output/text_table.hpp"
#include "analysis/run/sides.hpp"
#include "analysis/run/uncertainty.hpp"
#include "analysis/run/used_libraries.hpp"
#include "analysis/run/warnings.hpp"

namespace teapot {
namespace {

std::string percent(double fraction) { return fmt::format("{:.1f}%", 100 * fraction); }

std::string libraries_text(const Scenario& s, const Report& r) {
  const UsedLibraries used = used_libraries(s, r);
  if (used.empty()) return "none";
  if (used.size() == 1) return used[0].first;
  std::string text;
  for (const auto& [library, operations] : used) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", library, fmt::join(operations, ", "));
  }
  return text;
}

/// What of the fabric carries anything.
std::string fabric_text(const Scenario& s, const Report& r) {
  const bool communicates =
      std::any_of(r.operators.begin(), r.operators.end(), [](const auto& op) { return op.communication; });
  if (!communicates) return fmt::format("none (nothing is sent; {} is not used)", s.fabric);
  const bool network = std::any_of(r.resources.begin(), r.resources.end(), [](const ResourceUse& use) {
    return use.kind != "compute" && use.kind != "CPU" && use.kind != "nvlink" && use.use > 0;
  });
  const Tree* deployment = s.source.find("deployment");
  const Tree* placement = deployment != nullptr ? deployment->find("placement") : nullptr;
  const std::string where = placement == nullptr                    ? ""
                            : placement->kind == Tree::Kind::scalar ? ", nodes " + placement->text
                                                                    : ", nodes as listed";
  return s.fabric + where + (network ? "" : " (inside one node)");
}

std::string load_words(const Scenario& s) {
  if (s.phase == Phase::decode) {
    return fmt::format("{} a GPU{}, context {:g}", counted(s.load.requests_per_gpu(), "request"),
                       s.layout.apart() ? " that attends" : "", s.load.context_tokens());
  }
  const Requests& prompts = s.load.requests[0];
  return fmt::format("{} prompts a GPU of {:g} tokens, {:g} of them cached", prompts.per_gpu(),
                     prompts.context + prompts.new_tokens, prompts.context);
}

std::string replicas_text(const Replicas& r) {
  if (r.count == 1) return "";
  const std::string which = r.simulated == 1 ? "alike, on networks of their own: figures of one"
                                             : fmt::format("all simulated ({}): figures of the slowest", r.why);
  return fmt::format("{} replicas of {} GPUs, {}\n", r.count, r.gpus, which);
}

/// "h800-mpft, 128 GPUs" and so on: what was asked, in three lines.
std::string inputs(const Scenario& s, const Report& r) {
  const Layout& l = s.layout;
  std::string text = fmt::format("{} on {} ({}), fabric {}\n", s.model.name, counted(s.gpus(), "GPU"),
                                 s.accelerator.name, fabric_text(s, r));
  text += replicas_text(s.replicas);
  const std::string split =
      s.model.has_experts() && l.expert_tensor_parallel > 1 ? fmt::format(" x ETP {}", l.expert_tensor_parallel) : "";
  if (l.apart())
    text += fmt::format("{} that attend, {} for {}\n", counted(l.attention_gpus(), "GPU"), l.ffn_gpus,
                        l.only_routed_apart ? "routed experts" : "feed-forwards");
  text +=
      fmt::format("EP {}{}, TP {}, {}, routing {}, overlap {}", l.expert_parallel, split, l.tensor_parallel,
                  load_words(s), s.execution.routing.load, s.execution.overlap + (s.overlap_chosen ? " (auto)" : ""));
  if (s.speculation.draft_tokens > 0) text += ", " + counted(s.speculation.draft_tokens, "draft token");
  text += fmt::format("\nruntime {}, communication {}, seed {}\n", s.runtime, libraries_text(s, r), s.seed);
  return text;
}

/// Where the times of kernels come from, as parts of the computing: nothing where nothing is computed.
std::string provenance(const Report& r) {
  std::map<Provenance, Seconds> times;
  Seconds all;
  for (const auto& kernel : r.kernels) {
    times[kernel.provenance] += kernel.time;
    all += kernel.time;
  }
  if (!(all > Seconds{})) return "";
  std::string text;
  for (const auto& [from, time] : times) {
    text += fmt::format("{}{} {}", text.empty() ? "kernel times: " : ", ", to_text(from), percent(time / all));
  }
  return text + '\n';
}

std::string band_text(const Band& range, double tokens_per_step, bool bound) {
  if (!(range.high > range.low)) return "";
  const double low = ms(range.low / tokens_per_step);
  const double high = ms(range.high / tokens_per_step);
  if (bound) {
    return fmt::format(
        "                            a lower bound, for no engine is named; nine measurements of ten stay below {:.1f} "
        "ms\n",
        high);
  }
  return fmt::format(
      "                            {:.1f} to {:.1f} ms in nine cases of ten, by what measured steps like it were off\n",
      low, high);
}

/// Each operator with its calls and its share of the step.
std::string operators_table(const Report& r) {
  using Align = TextTable::Align;
  TextTable table{{{"operator"},
                   {"calls", Align::right},
                   {"ms a step", Align::right},
                   {"us a call", Align::right},
                   {"exposed ms", Align::right},
                   {"of step", Align::right}}};
  for (const auto& op : r.operators) {
    const Seconds cost = op.communication ? op.exposed : op.busy;
    table.add({op.name, fmt::format("{}", op.count), fmt::format("{:.3f}", ms(op.busy)),
               fmt::format("{:.1f}", op.busy.value * 1e6 / op.count),
               op.communication ? fmt::format("{:.3f}", ms(op.exposed)) : "", percent(cost / r.step)});
  }
  table.add({"idle", "", fmt::format("{:.3f}", ms(r.idle)), "", "", percent(r.idle / r.step)});
  return table.to_text();
}

}  // namespace

std::string summary_text(const Scenario& scenario, const Run& run, const Report& r,
                         const std::optional<Binding>& binding) {
  std::string text = inputs(scenario, r);
  for (const auto& warning : warnings(scenario, r)) text += "warning: " + warning + '\n';
  text += '\n';
  const bool prefill = scenario.phase == Phase::prefill;
  if (prefill) {
    text += fmt::format("TTFT at least    {:10.3f} ms   one prefill, without queueing\n", ms(r.step));
  } else {
    text += fmt::format("TPOT             {:10.3f} ms   step {:.3f} ms, {} a request and step\n", ms(r.tpot),
                        ms(r.step), counted(r.tokens_per_step, "token", "{:.3g}"));
  }
  const Band range = uncertainty(scenario, r);
  text += band_text(range, r.tokens_per_step, scenario.machine.runtime.bound);
  if (!prefill) text += fmt::format("tokens/s/user    {:10.2f}\n", r.tokens_per_s_per_user);
  text += fmt::format("tokens/s/GPU     {:10.1f}\n\n", r.tokens_per_s_per_gpu);

  text += operators_table(r);
  text += fmt::format("\nstep {:.3f} ms = computing {:.3f} + exposed communication {:.3f} + idle {:.3f}\n", ms(r.step),
                      ms(r.compute), ms(r.exposed), ms(r.idle));
  text += sides_text(scenario, r);
  text += fmt::format("communication {:.3f} ms, {} of it behind computing\n", ms(r.communication),
                      percent(r.overlap_fraction));
  text += "in use: ";
  for (std::size_t i = 0; i < r.resources.size(); ++i) {
    text += fmt::format("{}{} {}", i > 0 ? ", " : "", r.resources[i].kind, percent(r.resources[i].use));
  }
  text += '\n';
  if (binding) {
    text += fmt::format("binding: {}, 10% more of which lowers TPOT by {} ({})\n", binding->resource,
                        percent(binding->gain), binding->meaning);
  }
  text += provenance(r);
  text += fmt::format("\n{} layers, {} collectives, {} events in {:.2f} s\n", r.layers, run.timeline.collectives,
                      run.timeline.events, run.wall_s);
  return text;
}

}  // namespace teapot

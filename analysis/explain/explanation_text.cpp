// An explanation as tables for a terminal.
// Computes nothing.

#include <fmt/format.h>

#include <cmath>

#include "analysis/explain/explanation.hpp"
#include "analysis/output/text_table.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

using Align = TextTable::Align;

/// Three decimals, and no "-0.000".
std::string ms_text(Seconds time) {
  return fmt::format("{:.3f}", std::abs(time.value) < 5e-7 ? 0.0 : time.value * 1e3);
}
std::string percent(double fraction) { return fmt::format("{:.1f}%", 100 * fraction); }

std::string waterfall_text(const Explanation& e) {
  TextTable table{{{"part of the step"}, {"ms", Align::right}, {"sum", Align::right}, {"of step", Align::right}}};
  Seconds sum;
  for (const auto& part : e.waterfall) {
    sum += part.time;
    const bool nothing = std::abs(part.time / e.step) < 1e-9;  // rounding
    if (nothing && part.name != "idle") continue;
    table.add({part.name, ms_text(part.time), ms_text(sum), percent(nothing ? 0 : part.time / e.step)});
  }
  return "Waterfall (means over GPUs)\n" + table.to_text("  ");
}

std::string path_text(const Explanation& e) {
  TextTable table{{{"on the critical path"}, {"times", Align::right}, {"ms", Align::right}, {"of step", Align::right}}};
  Seconds computing, communicating, small;
  int small_count = 0;
  for (const auto& share : e.path_shares) {
    (share.communication ? communicating : computing) += share.time;
    if (share.time / e.step < 1e-3) {
      small += share.time;
      small_count += share.count;
      continue;
    }
    table.add({share.name, fmt::format("{}", share.count), ms_text(share.time), percent(share.time / e.step)});
  }
  if (small_count > 0) {
    table.add({"others, below 0.1% each", fmt::format("{}", small_count), ms_text(small), percent(small / e.step)});
  }
  return fmt::format("Critical path: {} operators, computing {} ms, communication {} ms\n", e.path.size(),
                     ms_text(computing), ms_text(communicating)) +
         table.to_text("  ");
}

/// "dispatch 33%, combine 67%".
std::string loaded_by(const LinkLoad& load) {
  std::string text;
  for (std::size_t i = 0; i < load.from.size() && i < 4; ++i) {
    text += fmt::format("{}{} {:.0f}%", i > 0 ? ", " : "", load.from[i].name, 100 * (load.from[i].bytes / load.bytes));
  }
  return text + (load.from.size() > 4 ? ", ..." : "");
}

/// Of one tier and equally loaded, to what is printed.
bool same(const LinkLoad& a, const LinkLoad& b, const Network& network) {
  return network.links[at(a.link)].tier == network.links[at(b.link)].tier && to_text(a.bytes) == to_text(b.bytes) &&
         percent(a.use) == percent(b.use);
}

std::string links_text(const Explanation& e, const Network& network) {
  TextTable tiers{{{"tier"},
                   {"links", Align::right},
                   {"used", Align::right},
                   {"bytes", Align::right},
                   {"at line rate", Align::right},
                   {"busy", Align::right},
                   {"busiest", Align::right}}};
  for (const auto& tier : e.tiers) {
    tiers.add({tier.tier, fmt::format("{}", tier.links), fmt::format("{}", tier.used), to_text(tier.bytes),
               percent(tier.line_rate), percent(tier.busy), percent(tier.busiest)});
  }
  std::string text = "Links by tier\n" + tiers.to_text("  ");
  if (e.cut.capacity.value > 0) {
    text += fmt::format("  half of the GPUs to the other half: {} of a possible {}, {} in use\n", to_text(e.cut.bytes),
                        to_text(e.cut.capacity), percent(e.cut.use));
  }
  TextTable table{{{"most loaded links"},
                   {"alike", Align::right},
                   {"tier"},
                   {"bytes", Align::right},
                   {"busy", Align::right},
                   {"loaded by"}}};
  for (std::size_t i = 0; i < e.links.size();) {
    const LinkLoad& load = e.links[i];
    const Link& link = network.links[at(load.link)];
    std::size_t alike = i;
    for (; alike < e.links.size() && same(e.links[alike], load, network); ++alike) continue;
    table.add({link.name, alike - i > 1 ? fmt::format("+{}", alike - i - 1) : "", link.tier, to_text(load.bytes),
               percent(load.use), loaded_by(load)});
    i = alike;
  }
  return text + '\n' + table.to_text("  ");
}

std::string what_if_text(const Explanation& e) {
  if (e.what_if.empty()) return "";
  TextTable table{{{"if it were faster"},
                   {"TPOT at +10%", Align::right},
                   {"change", Align::right},
                   {"TPOT if infinite", Align::right},
                   {"change", Align::right},
                   {""}}};
  const auto tpot = [&](Seconds step) { return ms_text(step / e.tokens_per_step) + " ms"; };
  const auto change = [&](Seconds step) { return fmt::format("{:+.2f}%", 100 * (step / e.step - 1)); };
  const WhatIf* first = binding(e.what_if);
  for (const auto& answer : e.what_if) {
    table.add({answer.resource.name, tpot(answer.raised), change(answer.raised), tpot(answer.infinite),
               change(answer.infinite),
               &answer == first ? "binding"
               : answer.slack   ? "slack"
                                : ""});
  }
  std::string text = "What if (each simulated)\n" + table.to_text("  ");
  if (first != nullptr) {
    text += fmt::format("  binding: {}, {}\n", first->resource.name, first->resource.meaning);
  } else {
    text += "  binding: none, no single resource that is 10% faster lowers TPOT\n";
  }
  return text;
}

}  // namespace

std::string explanation_text(const Explanation& e, const Scenario& scenario, const Run& /*run*/,
                             const std::string& part) {
  const bool all = part == "all";
  std::string text;
  const auto add = [&](const std::string& name, const std::string& section) {
    if (section.empty() || (!all && part != name)) return;
    text += (text.empty() ? "" : "\n") + section;
  };
  add("waterfall", waterfall_text(e));
  add("path", path_text(e));
  add("links", links_text(e, scenario.network));
  add("what-if", what_if_text(e));
  return text;
}

}  // namespace teapot

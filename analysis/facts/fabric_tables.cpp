// Lays the facts of fabrics out for a terminal.
// Does not know how they were found.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "analysis/facts/fabric_facts.hpp"
#include "analysis/output/text_table.hpp"

namespace teapot {
namespace {

using Align = TextTable::Align;

/// 16384 as "16,384".
std::string count_text(std::int64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string bits_text(BytesPerSecond bandwidth) {
  return bandwidth > BytesPerSecond{} ? fmt::format("{:.4g} Tb/s", bandwidth.value * 8 / 1e12) : "-";
}

/// With the prefix that keeps the number short: 4.39 k$, 9.04 M$, 1.52 G$.
std::string with_prefix(double value, const char* const (&units)[4]) {
  int step = 0;
  while (step < 3 && value >= 999.5) {
    value /= 1000;
    ++step;
  }
  return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, units[step]);
}
std::string money_text(double usd) { return with_prefix(usd, {"$", "k$", "M$", "G$"}); }
std::string power_text(double kw) { return with_prefix(kw * 1000, {"W", "kW", "MW", "GW"}); }

std::string latency_text(Seconds latency) { return latency > Seconds{} ? to_text(latency) : "-"; }

struct TierSum {
  int links = 0;
  std::map<std::pair<double, double>, int> kinds;  ///< bandwidth and latency
  int failed = 0;
};

std::string tiers_table(const Fabric& fabric) {
  std::map<std::string, TierSum> tiers;
  for (const FabricLink& link : fabric.links) {
    TierSum& tier = tiers[link.tier];
    ++tier.links;
    tier.failed += link.failed;
    ++tier.kinds[{link.bandwidth.value, link.latency.value}];
  }
  TextTable table{{{"tier"},
                   {"cables", Align::right},
                   {"per direction", Align::right},
                   {"latency", Align::right},
                   {"failed links", Align::right}}};
  for (const auto& [name, tier] : tiers) {
    bool first = true;
    for (const auto& [kind, count] : tier.kinds) {
      table.add({first ? name : "", fmt::format("{:g}", count / 2.0), to_text(BytesPerSecond{kind.first}),
                 to_text(Seconds{kind.second}), first && tier.failed > 0 ? std::to_string(tier.failed) : ""});
      first = false;
    }
  }
  return table.to_text("  ");
}

std::string route_text(const Network& network, const std::vector<Hop>& route) {
  std::string text;
  std::size_t shown = 0;
  for (const Hop& hop : route) {
    if (++shown > 10) return text + fmt::format(" ... ({} links)", route.size());
    const Link& link = network.links[static_cast<std::size_t>(hop.link)];
    text += fmt::format(" {}{}", link.name, hop.share < 1 ? fmt::format(" x{:.3g}", hop.share) : "");
  }
  return text;
}

/// From the first GPU to one of its own node, of the next node, and to the last GPU of the fabric.
std::string routes_text(const Fabric& fabric) {
  const int gpus = std::min(fabric.gpus(), 4'096);
  const Network network = to_network(fabric, gpus);
  std::vector<int> targets;
  for (const int target : {1, fabric.gpus_per_node, fabric.gpus_per_node + 1, gpus - 1})
    if (target > 0 && target < gpus && std::find(targets.begin(), targets.end(), target) == targets.end())
      targets.push_back(target);
  std::string text;
  for (const int target : targets) {
    const auto name = [&](int rank) {
      return network.nodes[static_cast<std::size_t>(network.gpus[static_cast<std::size_t>(rank)])].name;
    };
    text += fmt::format("  {} to {}:{}\n", name(0), name(target), route_text(network, network.route(0, target)));
  }
  return text;
}

}  // namespace

std::string fabric_list_table(const std::vector<FabricFacts>& facts) {
  TextTable table{{{"name"},
                   {"kind"},
                   {"GPUs", Align::right},
                   {"endpoints", Align::right},
                   {"switches", Align::right},
                   {"links", Align::right},
                   {"what it is"}}};
  for (const FabricFacts& f : facts)
    table.add({f.name, f.kind, count_text(std::int64_t{f.site.nodes} * f.site.gpus), count_text(f.endpoints()),
               count_text(f.figures.switches), count_text(f.figures.links()), f.about});
  return table.to_text();
}

std::string fabric_metrics_table(const std::vector<FabricFacts>& facts) {
  TextTable table{{{"name"},
                   {"endpoints", Align::right},
                   {"switches", Align::right},
                   {"links", Align::right},
                   {"diameter", Align::right},
                   {"mean path", Align::right},
                   {"paths", Align::right},
                   {"bisection", Align::right},
                   {"per endpoint", Align::right},
                   {"near", Align::right},
                   {"far", Align::right}}};
  std::string notes;
  for (const FabricFacts& f : facts) {
    const bool known = f.metrics.has_value();
    const Metrics m = f.metrics.value_or(Metrics{});
    const BytesPerSecond bisection = known ? m.bisection : f.figures.bisection;
    const int diameter = known ? m.diameter : f.figures.diameter;
    const bool bound = known && m.bisection_basis != "exact" && bisection > BytesPerSecond{};
    const auto half = static_cast<double>(f.endpoints() / 2);
    table.add({f.name, count_text(f.endpoints()), count_text(f.figures.switches), count_text(f.figures.links()),
               diameter >= 0 ? std::to_string(diameter) : "-", known ? fmt::format("{:.3f}", m.mean_path) : "-",
               known ? fmt::format("{:.4g}{}", m.minimal_paths, m.sampled > 0 ? "~" : "") : "-",
               (bound ? "<= " : "") + bits_text(bisection),
               bisection > BytesPerSecond{} ? fmt::format("{:.4g} Gb/s", bisection.value * 8 / 1e9 / half) : "-",
               latency_text(f.site.ports > 0 ? m.latency_near : m.latency_nvlink),
               latency_text(f.site.ports > 0 ? m.latency_far : m.latency_nvlink)});
    if (!f.figures.no_graph.empty()) notes += fmt::format("{}: {}\n", f.name, f.figures.no_graph);
  }
  return table.to_text() +
         "links, diameter, mean path: cables between switches; paths: with the fewest cables, mean over pairs of "
         "switches (~: sampled);\nbisection: one direction, `per endpoint` of one half; near, far: latency of the wire "
         "under one switch and as far apart as can be\n" +
         notes;
}

namespace {

std::string items_text(const FabricFacts& f) {
  TextTable table{
      {{f.name}, {"count", Align::right}, {"each", Align::right}, {"together", Align::right}, {"power", Align::right}}};
  for (const CostItem& item : f.cost->items) {
    const auto count = static_cast<double>(item.count);
    table.add({item.name, count_text(item.count),
               (item.estimate ? "~ " : "") + count_text(std::llround(item.each_usd)) + " $",
               money_text(count * item.each_usd), item.each_w > 0 ? power_text(count * item.each_w / 1000) : "-"});
  }
  return table.to_text();
}

}  // namespace

std::string fabric_cost_table(const std::vector<FabricFacts>& facts) {
  TextTable table{{{"name"},
                   {"endpoints", Align::right},
                   {"switches", Align::right},
                   {"links", Align::right},
                   {"cost", Align::right},
                   {"per endpoint", Align::right},
                   {"power", Align::right}}};
  std::string notes, items;
  for (const FabricFacts& f : facts) {
    const Cost cost = f.cost.value_or(Cost{});
    const bool priced = f.cost && cost.missing.empty();
    table.add({f.name, count_text(f.endpoints()), count_text(f.figures.switches), count_text(f.figures.links()),
               priced ? money_text(cost.usd) : "-",
               priced ? fmt::format("{:.2f} k$", cost.usd_per_endpoint / 1e3) : "-",
               priced && cost.power_kw > 0 ? power_text(cost.power_kw) : "-"});
    if (!cost.missing.empty()) notes += fmt::format("{}: not priced, the list has no {}\n", f.name, cost.missing);
    if (!priced) continue;
    items += '\n' + items_text(f);
    if (cost.estimated_usd > 0)
      items += fmt::format("~: estimates, {:.0f}% of the cost\n", 100 * cost.estimated_usd / cost.usd);
  }
  return table.to_text() + notes + items;
}

std::string fabric_description(const FabricFacts& f, const Fabric& fabric) {
  std::string text = fmt::format("{}: {}, {} nodes of {} GPUs, routing {}\n", f.name, f.kind, count_text(f.site.nodes),
                                 f.site.gpus, f.routing);
  if (!f.about.empty()) text += "  " + f.about + "\n";
  text += fmt::format("  {} endpoints, {} switches, {} cables between switches", count_text(f.endpoints()),
                      count_text(f.figures.switches), count_text(f.figures.links()));
  if (fabric.planes > 1) text += fmt::format(", {} planes", fabric.planes);
  text += "\n\n" + tiers_table(fabric) + "\n";
  return text + routes_text(fabric);
}

}  // namespace teapot

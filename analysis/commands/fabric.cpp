// ./teapot fabric: which networks there are, what they are worth, what they cost, and how they look.
// Does not know how any of it is found.

#include <fmt/format.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "analysis/commands/command_line.hpp"
#include "analysis/facts/fabric_facts.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/output/progress_line.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/scenario/scenario.hpp"
#include "sim/catalogue.hpp"
#include "topologies/export.hpp"

namespace teapot::fabric_command {
namespace {

struct FabricOptions {
  std::vector<std::string> fabrics;
  std::vector<std::string> sets;
  std::string prices;
  std::string format = "graphviz";
  std::string output;
  bool json = false;
};

Config load(const std::string& name, const FabricOptions& options) {
  Tree tree = resolve_named(name, "topologies", "fabric");
  for (const auto& set : options.sets) apply_set(tree, set);
  return Config{tree};
}

Prices prices_of(const FabricOptions& options) { return load_prices(options.prices); }

/// The comment that opens a fabric's file.
std::string description(const std::string& name) {
  std::ifstream file{home() + "/topologies/" + name + ".yaml"};
  std::string text, line;
  while (std::getline(file, line) && line.starts_with("# ")) text += (text.empty() ? "" : " ") + line.substr(2);
  return text;
}

/// Its beginning, for lists: the first sentence, without what is in brackets.
std::string about(const std::string& name) {
  constexpr std::size_t longest = 90;
  std::string text = description(name);
  for (const char* end : {". ", " ("}) text = text.substr(0, text.find(end));
  if (text.ends_with('.')) text.pop_back();
  if (text.size() > longest) text = text.substr(0, text.rfind(' ', longest - 4)) + " ...";
  return text;
}

void list(const FabricOptions& options) {
  const Prices prices = prices_of(options);
  std::vector<FabricFacts> facts;
  for (const auto& name : fabric_names()) {
    facts.push_back(count_fabric(load(name, options), prices));
    facts.back().about = about(name);
  }
  fmt::print("{}", options.json ? fabric_json(facts) : highlighted(fabric_list_table(facts)));
  if (options.json) return;
  std::string kinds;
  for (const auto& kind : fabric_kinds()) kinds += (kinds.empty() ? "" : ", ") + kind;
  fmt::print("\nkinds: {}\n", kinds);
}

std::vector<FabricFacts> measure(const FabricOptions& options) {
  const Prices prices = prices_of(options);
  std::vector<FabricFacts> facts;
  for (const auto& name : options.fabrics) {
    ProgressLine progress;
    facts.push_back(measure_fabric(load(name, options), prices, [&](double fraction) { progress(name, fraction); }));
  }
  return facts;
}

void show(const FabricOptions& options) {
  if (options.json) return fmt::print("{}", fabric_json(measure(options)));
  for (const auto& name : options.fabrics) {
    const Config config = load(name, options);
    FabricFacts facts = count_fabric(config, prices_of(options));
    facts.about = description(name);
    if (!facts.figures.no_graph.empty()) {
      fmt::print("{}{}\n", fabric_metrics_table({facts}), facts.about);
      continue;
    }
    fmt::print("{}", highlighted(fabric_description(facts, build_fabric(config))));
  }
}

void metrics(const FabricOptions& options) {
  const auto facts = measure(options);
  fmt::print("{}", options.json ? fabric_json(facts) : highlighted(fabric_metrics_table(facts)));
}

void cost(const FabricOptions& options) {
  const Prices prices = prices_of(options);
  std::vector<FabricFacts> facts;
  for (const auto& name : options.fabrics) {
    const Config config = load(name, options);
    facts.push_back(count_fabric(config, prices));
    // Misspelled keys are found by whoever builds it; the largest fabrics are counted only.
    if (facts.back().figures.no_graph.empty() && facts.back().endpoints() <= 20'000) build_fabric(config);
  }
  fmt::print("{}", options.json ? fabric_json(facts) : highlighted(fabric_cost_table(facts)));
}

void write(const FabricOptions& options) {
  const Fabric fabric = build_fabric(load(options.fabrics.front(), options));
  std::ostringstream out;
  export_fabric(fabric, options.format, out);
  if (options.output.empty()) {
    fmt::print("{}", out.str());
  } else {
    write_file(options.output, out.str());
  }
}

Command add(Command parent, const std::string& name, const std::string& what,
            const std::shared_ptr<FabricOptions>& options, void (*run)(const FabricOptions&)) {
  Command command = parent.add(name, what);
  command.run([options, run] { run(*options); });
  command.sets(options->sets, "Change a key of the fabrics, e.g. --set nodes=16 (may be repeated)");
  return command;
}

void add_fabrics(Command command, const std::shared_ptr<FabricOptions>& options) {
  command.option("fabrics", options->fabrics, "Names of fabrics, or YAML files").required().type_name("FABRIC");
  command.flag("--json", options->json, "One JSON object; several fabrics in a list `fabrics`");
}

void add_prices(Command command, const std::shared_ptr<FabricOptions>& options) {
  command.option("--prices", options->prices, "Price list: a name in platforms/parts/, or a file (2025)")
      .type_name("LIST");
}

void declare(Command command) {
  auto options = std::make_shared<FabricOptions>();
  command.require_subcommand();

  Command list_command = command.add("list", "The fabrics and kinds there are");
  list_command.flag("--json", options->json, "One JSON object");
  list_command.run([options] { list(*options); });

  add_fabrics(add(command, "show", "One fabric in words: its links by tier, and some routes", options, show), options);

  Command metrics_command =
      add(command, "metrics", "Diameter, paths, bisection and latency, several fabrics side by side", options, metrics);
  add_fabrics(metrics_command, options);
  add_prices(metrics_command, options);

  Command cost_command = add(command, "cost", "What switches and cables cost", options, cost);
  add_fabrics(cost_command, options);
  add_prices(cost_command, options);

  Command export_command = add(command, "export", "The graph for other programs", options, write);
  export_command.option("fabric", options->fabrics, "Name of a fabric, or a YAML file")
      .required()
      .expected(1, 1)
      .type_name("FABRIC");
  export_command.option("--format", options->format, "graphviz, graphml or csv (default graphviz)")
      .one_of(export_formats());
  export_command.option("-o,--output", options->output, "Where to write it; without, to standard output")
      .type_name("FILE");
  command.footer(
      "Examples:\n"
      "  ./teapot fabric cost paper-ft2 paper-mpft paper-ft3 paper-slim-fly paper-dragonfly\n"
      "  ./teapot fabric metrics h800-mpft h800-mrft dragonfly slim-fly\n"
      "  ./teapot fabric export h800-mpft --set nodes=4 --format graphviz | dot -Tsvg > fabric.svg");
}

const CommandRegistration registration{40, "fabric", "Networks: what there is, distances, bisection, cost, drawings",
                                       declare};

}  // namespace
}  // namespace teapot::fabric_command

// ./teapot model: which models there are, and what follows from their shapes.
// Does not know how the figures are counted.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "analysis/commands/command_line.hpp"
#include "analysis/facts/model_facts.hpp"
#include "analysis/facts/model_page.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/output/text_table.hpp"
#include "platforms/accelerator.hpp"
#include "sim/catalogue.hpp"
#include "workloads/model/huggingface.hpp"

namespace teapot::model_command {
namespace {

struct ModelOptions {
  std::vector<std::string> models;
  ModelView view;
  std::vector<std::string> assume;
  bool json = false;
  bool yaml = false;
};

/// Puts `assume: {KEY: ignore}` into the model, as a scenario may write it.
Tree with_assumptions(Tree model, const std::vector<std::string>& assume) {
  if (assume.empty()) return model;
  Tree ignore;
  ignore.kind = Tree::Kind::mapping;
  for (const std::string& word : assume) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0 || word.substr(equals + 1) != "ignore")
      throw ConfigError(fmt::format("--assume {}: expected KEY=ignore", word));
    Tree value;
    value.kind = Tree::Kind::scalar;
    value.text = "ignore";
    ignore.entries.push_back({word.substr(0, equals), {}, value});
  }
  Tree changes;
  changes.kind = Tree::Kind::mapping;
  changes.place = model.place;
  changes.entries.push_back({"assume", {}, ignore});
  return overlay(std::move(model), changes);
}

Model load(const std::string& name, const std::vector<std::string>& assume = {}) {
  const Config config{with_assumptions(resolve_named(name, "workloads/models", "model"), assume)};
  const Model model = read_model(config);
  config.reject_unread_keys();
  return model;
}

std::vector<Accelerator> accelerators() {
  std::vector<Accelerator> all;
  for (const auto& name : names_in("platforms/accelerators")) {
    all.push_back(read_accelerator(Config{resolve_named(name, "platforms/accelerators", "accelerator")}));
  }
  return all;
}

void list(const ModelOptions& options) {
  using Align = TextTable::Align;
  TextTable table{{{"name"}, {"parameters", Align::right}, {"active", Align::right}, {"attention"}, {"source"}}};
  std::vector<ModelFacts> facts;
  for (const auto& name : names_in("workloads/models")) {
    const ModelFacts f = model_facts(load(name), options.view, {});
    facts.push_back(f);
    table.add({name, fmt::format("{:.1f} B", f.parameters / 1e9), fmt::format("{:.1f} B", f.active_parameters / 1e9),
               f.attention, f.source});
  }
  fmt::print("{}", options.json ? model_json(facts, options.view) : table.to_text());
}

/// What was understood of each, as YAML; what was not stands before it as a comment.
void print_yaml(const ModelOptions& options) {
  for (const auto& name : options.models) {
    const Config config{with_assumptions(resolve_named(name, "workloads/models", "model"), options.assume)};
    const Model model = is_huggingface(config) ? read_huggingface(config, Unknown::warn) : read_model(config);
    for (const std::string& warning : model.reading.warnings) fmt::print("# {}\n", warning);
    fmt::print("{}", to_yaml(model_tree(model)));
  }
}

void show(const ModelOptions& options) {
  if (options.yaml) return print_yaml(options);
  std::vector<ModelFacts> facts;
  for (const auto& name : options.models)
    facts.push_back(model_facts(load(name, options.assume), options.view, accelerators()));
  fmt::print("{}", options.json ? model_json(facts, options.view) : highlighted(model_table(facts, options.view)));
}

void page(const std::string& file) { fmt::print("{}", model_page(read_published(file))); }

void declare(Command command) {
  auto options = std::make_shared<ModelOptions>();
  command.require_subcommand();

  Command list_command = command.add("list", "The models there are");
  list_command.flag("--json", options->json, "One JSON object");
  list_command.run([options] { list(*options); });

  auto published = std::make_shared<std::string>(home() + "/tests/workloads/configs/published.yaml");
  Command page_command = command.add("page", "The models of docs/models.md, counted beside published figures");
  page_command.option("list", *published, "A list of published figures, its config.json files beside it")
      .type_name("FILE");
  page_command.run([published] { page(*published); });

  Command show_command = command.add("show", "What follows from the shapes of one or several models");
  show_command.option("models", options->models, "Names of models, YAML files, or config.json files of Hugging Face")
      .required()
      .type_name("MODEL");
  show_command.option("--context", options->view.context, "Tokens of a request (default 4096)")
      .positive()
      .type_name("TOKENS");
  show_command.option("--weights", options->view.weights, "Format of the weights (default: as published)")
      .one_of(format_names())
      .type_name("FORMAT");
  show_command.option("--kv", options->view.kv, "Format of the KV cache (default bf16)")
      .one_of(format_names())
      .type_name("FORMAT");
  show_command.option("--assume", options->assume, "Pass over a key of a config.json: KEY=ignore")
      .repeatable()
      .type_name("KEY=ignore");
  show_command.flag("--yaml", options->yaml, "What was understood, as a model's YAML to edit");
  show_command.flag("--json", options->json, "One JSON object; several models in a list `models`");
  show_command.footer(fmt::format("Formats: {}", fmt::join(format_names(), ", ")));
  show_command.run([options] { show(*options); });
}

const CommandRegistration registration{30, "model", "Language models: parameters, KV cache, FLOPs, what fits where",
                                       declare};

}  // namespace
}  // namespace teapot::model_command

// ./teapot init: writes a commented scenario that runs.
// Does not know how a scenario is read: it tries until one is accepted.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "analysis/commands/command_line.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/scenario/scenario.hpp"
#include "sim/catalogue.hpp"

namespace teapot::init_command {
namespace {

struct Options {
  std::string model = "deepseek-v3";
  std::string accelerator = "h800";
  std::string fabric;
  std::string output = "scenario.yaml";
  int gpus = 0;
};

struct Draft {
  int gpus = 1;
  int tensor_parallel = 1;
  int requests = 32;
  std::string fabric;  ///< as YAML
};

bool known(const std::string& folder, const std::string& name) {
  const auto names = names_in(folder);
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// A fabric that is named after the accelerator, else nodes like those it is sold in.
std::string fabric_for(const Options& options, int gpus) {
  if (!options.fabric.empty()) return options.fabric;
  if (gpus <= 8 && known("topologies", "hgx-" + options.accelerator)) return "hgx-" + options.accelerator;
  for (const char* kind : {"-rail", "-mpft", "-nvl72-scaleout", "-nvl72"}) {
    if (known("topologies", options.accelerator + kind)) return options.accelerator + kind;
  }
  const Tree accelerator = resolve_named(options.accelerator, "platforms/accelerators", "accelerator");
  const Tree* scale_up = accelerator.find("scale_up_bandwidth");
  const double joined = scale_up != nullptr ? Config{*scale_up}.as<BytesPerSecond>().value / 1e9 : 450;
  const std::string inside =
      joined > 0 ? fmt::format("nvlink_bandwidth: {:g} GB/s", joined) : "technology: [pcie-4, roce-400g]";
  if (gpus <= 8) {
    if (gpus == 1 && joined <= 0) return "pcie-4-box";
    return fmt::format("{{kind: single-switch, nodes: 1, gpus_per_node: {}, {}}}", std::max(2, gpus),
                       joined > 0 ? inside : "technology: pcie-4");
  }
  return fmt::format("{{kind: multi-plane-fat-tree, nodes: {}, gpus_per_node: 8, {}, nic_bandwidth: 400 Gbps}}",
                     (gpus + 7) / 8, inside);
}

std::string yaml_of(const Options& options, const Draft& d, bool experts) {
  const std::string runtime = known("platforms/runtimes", "sglang") ? "sglang" : "sglang-0.5";
  std::string text = fmt::format(
      "# Written by ./teapot init; run it with ./teapot run {}\n"
      "# Every key, with its default and meaning: ./teapot keys, or docs/keys.md.\n"
      "# yaml-language-server: $schema={}/docs/scenario.schema.json\n\n",
      options.output, home());
  text += fmt::format("model: {}             # ./teapot model list, or a path to a Hugging Face config.json\n",
                      options.model);
  text += fmt::format("accelerator: {}       # ls platforms/accelerators\n", options.accelerator);
  text += fmt::format("fabric: {}            # ./teapot fabric list, or a kind with its keys: ./teapot keys fabric\n",
                      d.fabric);
  text += fmt::format(
      "deployment:\n  gpus: {}\n  tensor_parallel: {}   # GPUs that share the attention of their requests\n", d.gpus,
      d.tensor_parallel);
  if (experts)
    text +=
        fmt::format("  expert_parallel: {}   # ranks over which the experts are spread\n", d.gpus / d.tensor_parallel);
  text += fmt::format(
      "  requests_per_gpu: {}  # at once, on each GPU\n"
      "  context_tokens: 4096  # in the cache of each request: prompt and half of the answer\n"
      "decode:\n"
      "  runtime: {}   # the serving stack; ideal adds nothing and gives a lower bound\n"
      "  # overlap: none\n"
      "  # draft_tokens: 1     # where the model has a prediction module\n"
      "  # precision: {{weights: fp8, kv: fp8}}\n"
      "  # routing: {{load: uniform}}\n",
      d.requests, runtime);
  return text;
}

std::vector<int> powers_up_to(int most) {
  std::vector<int> values;
  for (int v = 1; v <= most; v *= 2) values.push_back(v);
  return values;
}

/// The first draft that is accepted: few GPUs before many, little tensor parallelism before much, many requests before
/// few.
std::string first_accepted(const Options& options) {
  // What is named wrongly is wrong in every draft.
  if (!options.fabric.empty()) resolve_named(options.fabric, "topologies", "fabric");
  resolve_named(options.accelerator, "platforms/accelerators", "accelerator");
  const Model model = read_model(Config{resolve_named(options.model, "workloads/models", "model")});
  const bool experts = model.has_experts();
  std::string last = "nothing was tried";
  for (const int gpus : options.gpus > 0 ? std::vector<int>{options.gpus} : powers_up_to(256)) {
    for (const int requests : {32, 8, 2}) {
      for (const int tensor_parallel : powers_up_to(std::min(gpus, 8))) {
        if (gpus % tensor_parallel != 0) continue;
        Draft draft{gpus, tensor_parallel, requests, fabric_for(options, gpus)};
        const std::string yaml = yaml_of(options, draft, experts);
        try {
          read_scenario(parse_yaml(yaml, options.output), "init");
          return yaml;
        } catch (const ConfigError& e) {
          last = e.what();
        }
      }
    }
  }
  throw ConfigError("no scenario of this kind is accepted; the last one was not because of: " + last);
}

void execute(const Options& options) {
  const bool print = options.output == "-";
  if (!print && std::filesystem::exists(options.output)) {
    throw ConfigError(options.output + ": exists already (give another name with -o, or -o - to print)");
  }
  const std::string yaml = first_accepted(options);
  if (print) return fmt::print("{}", yaml);
  write_file(options.output, yaml);
  fmt::print("wrote {}; now: ./teapot run {}\n", options.output, options.output);
}

void declare(Command command) {
  auto options = std::make_shared<Options>();
  command.option("--model", options->model, "Name, YAML or Hugging Face config.json (deepseek-v3)").type_name("MODEL");
  command.option("--accelerator", options->accelerator, "What computes (h800)").type_name("NAME");
  command.option("--fabric", options->fabric, "What connects (one that suits the accelerator)").type_name("NAME");
  command.option("--gpus", options->gpus, "GPUs (as few as hold the model)").type_name("N").range(1, 65536);
  command.option("-o,--output", options->output, "File to write, - to print (scenario.yaml)").type_name("FILE");
  command.footer(
      "Examples:\n"
      "  ./teapot init --model llama-3.1-70b --accelerator h100 --gpus 8\n"
      "  ./teapot init --model qwen3-235b-a22b --accelerator h200 -o qwen3.yaml");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{5, "init", "Write a commented scenario that runs", declare};

}  // namespace
}  // namespace teapot::init_command

// ./teapot chakra: the program of a scenario as MLCommons Chakra execution traces.
// Does not know the format.

#include "analysis/output/chakra/chakra.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

#include "analysis/commands/command_line.hpp"
#include "analysis/run/run.hpp"
#include "analysis/scenario/scenario.hpp"
#include "analysis/training/whole_step.hpp"

namespace teapot::chakra_command {
namespace {

struct ExportOptions {
  std::string scenario;
  std::vector<std::string> sets;
  std::string output;
};

void write(const ExportOptions& options, const Program& program, const std::string& name) {
  std::error_code error;
  std::filesystem::create_directories(options.output, error);
  if (!std::filesystem::is_directory(options.output)) {
    throw ConfigError(fmt::format("{}: cannot be made: {}", options.output, error.message()));
  }
  write_chakra(program, options.output, name);
  fmt::print("{} traces of {} operators: {}/{}.<rank>.et\n", program.ranks, program.operators.size(), options.output,
             name);
}

void execute(const ExportOptions& options) {
  const Tree tree = load_scenario_tree(options.scenario, options.sets);
  if (trains(tree)) {
    const std::string name = one_line(std::filesystem::path{options.scenario}.stem().string(), 200);
    const TrainingScenario scenario = read_training_scenario(tree, name);
    return write(options, whole_step(scenario, run_training(scenario)), name);
  }
  std::vector<std::string> sets = options.sets;
  sets.emplace_back("simulation.replicas=all");  // one trace a GPU
  const Scenario scenario = load_scenario(options.scenario, sets);
  // Computing that lasts as long as communicating is known only once that has been simulated.
  const Program program =
      scenario.compute == ComputeDepth::as_communication ? run(scenario).program : step_program(scenario);
  write(options, program, scenario.name);
}

void declare(Command chakra) {
  chakra.require_subcommand();
  auto options = std::make_shared<ExportOptions>();
  Command command = chakra.add("export", "Write the step of a scenario, one trace a GPU");
  command.option("scenario", options->scenario, "Scenario (YAML)").required().type_name("SCENARIO.yaml");
  command.option("-o,--output", options->output, "Folder for the traces, made if missing").required().type_name("DIR");
  command.sets(options->sets, "Change a key, e.g. --set deployment.gpus=32 (may be repeated)");
  command.footer(
      "A training step is written whole: every chunk of every micro-batch, sends, gradients. ASTRA-sim 2 wants beside "
      "the\n"
      "traces (--workload-configuration PREFIX) a system (--system-configuration, whose all-to-all and all-reduce\n"
      "implementations it runs in place of ours), a network (--network-configuration) and comm_group.json where there "
      "is\n"
      "one (--comm-group-configuration). Exchanges that differ from GPU to GPU are sends and receives.\n\n"
      "Examples:\n"
      "  ./teapot chakra export examples/deepseek-v3-h800.yaml -o traces\n"
      "  ./teapot run --workload traces --fabric h800-ft3");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{60, "chakra", "Exchange programs with ASTRA-sim and others (MLCommons Chakra)",
                                       declare};

}  // namespace
}  // namespace teapot::chakra_command

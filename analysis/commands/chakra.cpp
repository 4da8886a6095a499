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

namespace teapot::chakra_command {
namespace {

struct ExportOptions {
  std::string scenario;
  std::vector<std::string> sets;
  std::string output;
};

void execute(const ExportOptions& options) {
  std::vector<std::string> sets = options.sets;
  sets.emplace_back("simulation.replicas=all");  // one trace a GPU
  const Scenario scenario = load_scenario(options.scenario, sets);
  // Computing that lasts as long as communicating is known only once that has been simulated.
  const Program program =
      scenario.compute == ComputeDepth::as_communication ? run(scenario).program : step_program(scenario);
  std::error_code error;
  std::filesystem::create_directories(options.output, error);
  if (!std::filesystem::is_directory(options.output)) {
    throw ConfigError(fmt::format("{}: cannot be made: {}", options.output, error.message()));
  }
  write_chakra(program, options.output, scenario.name);
  fmt::print("{} traces of {} operators: {}/{}.<rank>.et\n", program.ranks, program.operators.size(), options.output,
             scenario.name);
}

void declare(Command chakra) {
  chakra.require_subcommand();
  auto options = std::make_shared<ExportOptions>();
  Command command = chakra.add("export", "Write the decode step of a scenario, one trace a GPU");
  command.option("scenario", options->scenario, "Scenario (YAML)").required().type_name("SCENARIO.yaml");
  command.option("-o,--output", options->output, "Folder for the traces, made if missing").required().type_name("DIR");
  command.sets(options->sets, "Change a key, e.g. --set deployment.gpus=32 (may be repeated)");
  command.footer(
      "Examples:\n"
      "  ./teapot chakra export examples/deepseek-v3-h800.yaml -o traces\n"
      "  ./teapot run --workload traces --fabric h800-ft3");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{60, "chakra", "Exchange programs with ASTRA-sim and others (MLCommons Chakra)",
                                       declare};

}  // namespace
}  // namespace teapot::chakra_command

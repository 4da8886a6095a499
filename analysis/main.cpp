// The program: hands the command line to a command, and turns what goes wrong into one line and an exit code.
// Knows no command's options.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "analysis/commands/commands.hpp"
#include "analysis/version.hpp"
#include "sim/config.hpp"
#include "sim/engine.hpp"

namespace {

enum ExitCode { ok = 0, user_error = 2, simulation_error = 3 };

int complain(const char* what, ExitCode code) {
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", what);
  return code;
}

/// A word where a command is due that is none: CLI11 would only say that one is required.
void require_known_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  if (std::find(known.begin(), known.end(), argv[1]) == known.end()) {
    throw teapot::ConfigError(teapot::unknown_name("command", argv[1], known));
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"teapot predicts the time per output token (TPOT) of a language model decoding on a cluster."};
  app.name("./teapot");
  app.set_version_flag("--version", teapot::version);
  app.require_subcommand(1);
  teapot::add_run_command(app);
  teapot::add_platform_command(app);
  teapot::add_model_command(app);
  teapot::add_fabric_command(app);
  teapot::add_collective_command(app);
  teapot::add_chakra_command(app);
  teapot::add_validate_command(app);
  teapot::add_sweep_command(app);
  teapot::add_compare_command(app);
  teapot::add_sensitivity_command(app);
  teapot::add_optimize_command(app);
  try {
    require_known_command(app, argc, argv);
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return complain(fmt::format("{} (./teapot --help shows what there is)", e.what()).c_str(), user_error);
  } catch (const teapot::ConfigError& e) {
    return complain(e.what(), user_error);
  } catch (const teapot::SimulationError& e) {
    return complain(e.what(), simulation_error);
  }
  return std::fflush(stdout) == 0 ? ok : complain("cannot write the output", user_error);
}

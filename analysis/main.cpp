// The program: hands the command line to a command, and turns what goes wrong into one line and an exit code.
// Knows no command's options.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "analysis/commands.hpp"
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

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"teapot predicts the time per output token (TPOT) of a language model decoding on a cluster."};
  app.name("./teapot");
  app.set_version_flag("--version", teapot::version);
  app.require_subcommand(1);
  teapot::add_run_command(app);
  try {
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

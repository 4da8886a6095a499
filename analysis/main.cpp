// The program: hands the command line to a command, and turns what goes wrong into one line and an exit code.
// Knows no command.

#include <fmt/format.h>

#include <cstdio>

#include "analysis/commands/command_line.hpp"
#include "sim/config.hpp"
#include "sim/engine.hpp"

namespace {

enum ExitCode { user_error = 2, simulation_error = 3 };

int complain(const char* what, ExitCode code) {
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", what);
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  int code = 0;
  try {
    code = teapot::run_command_line(argc, argv);
  } catch (const teapot::ConfigError& e) {
    return complain(e.what(), user_error);
  } catch (const teapot::SimulationError& e) {
    return complain(e.what(), simulation_error);
  }
  return std::fflush(stdout) == 0 ? code : complain("cannot write the output", user_error);
}

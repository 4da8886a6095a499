// Hands the command line to a command, and turns what goes wrong into one line and an exit code.
// Knows no command.

#include "analysis/commands/program.hpp"

#include <cerrno>
#include <cstdio>
#include <new>
#include <string>
#include <system_error>

#include "analysis/commands/command_line.hpp"
#include "analysis/scenario/known_keys.hpp"
#include "sim/config.hpp"
#include "sim/engine.hpp"
#include "sim/memory_limit.hpp"

namespace teapot {
namespace {

enum ExitCode { user_error = 2, simulation_error = 3 };

int complain(const std::string& what, ExitCode code) {
  std::fflush(stdout);
  std::fputs((one_line(what) + '\n').c_str(), stderr);  // not fmt: it throws where nobody can read it
  return code;
}

int run_and_flush(int argc, char** argv) {
  const int code = run_command_line(argc, argv);
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  throw std::system_error(errno, std::generic_category(), "cannot write the output");
}

}  // namespace

int run_program(int argc, char** argv) {
  try {
    limit_memory(memory_limit());
    return run_and_flush(argc, argv);
  } catch (const Mistakes& e) {
    for (const auto& line : e.lines) complain(line.c_str(), user_error);
    return user_error;
  } catch (const ConfigError& e) {
    return complain(e.what(), user_error);
  } catch (const SimulationError& e) {
    return complain(e.what(), simulation_error);
  } catch (const std::bad_alloc&) {
    return complain("out of memory: " + to_text(Bytes{memory_limit()}) + " may be used (--limit-memory)",
                    simulation_error);
  } catch (const std::system_error& e) {  // fmt's, where stdout is full or closed
    return complain("cannot write the output: " + e.code().message(), user_error);
  } catch (const std::exception& e) {
    return complain(std::string{"internal error: "} + e.what(), simulation_error);
  }
}

}  // namespace teapot

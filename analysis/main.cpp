// The program: hands the command line to a command, and turns what goes wrong into one line and an exit code.
// Knows no command.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <system_error>

#include "analysis/commands/command_line.hpp"
#include "analysis/scenario/known_keys.hpp"
#include "sim/config.hpp"
#include "sim/engine.hpp"
#include "sim/memory_limit.hpp"

namespace {

enum ExitCode { user_error = 2, simulation_error = 3 };

int complain(const std::string& what, ExitCode code) {
  std::fflush(stdout);
  std::fputs((teapot::one_line(what) + '\n').c_str(), stderr);  // not fmt: it throws where nobody can read it
  return code;
}

/// A stream that was closed would give its number to the next file that is opened, and be written into it.
void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // Writing to a closed stdout fails; nobody misses what is said on a closed stderr.
    if (open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

int run(int argc, char** argv) {
  const int code = teapot::run_command_line(argc, argv);
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  throw std::system_error(errno, std::generic_category(), "cannot write the output");
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write, here and in children
  try {
    teapot::limit_memory(teapot::memory_limit());
    return run(argc, argv);
  } catch (const teapot::Mistakes& e) {
    for (const auto& line : e.lines) complain(line.c_str(), user_error);
    return user_error;
  } catch (const teapot::ConfigError& e) {
    return complain(e.what(), user_error);
  } catch (const teapot::SimulationError& e) {
    return complain(e.what(), simulation_error);
  } catch (const std::bad_alloc&) {
    return complain(
        "out of memory: " + to_text(teapot::Bytes{teapot::memory_limit()}) + " may be used (--limit-memory)",
        simulation_error);
  } catch (const std::system_error& e) {  // fmt's, where stdout is full or closed
    return complain("cannot write the output: " + e.code().message(), user_error);
  } catch (const std::exception& e) {
    return complain(std::string{"internal error: "} + e.what(), simulation_error);
  }
}

// The program's process: its standard streams and signals.
// Knows nothing of what it does.

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

#include "analysis/commands/program.hpp"

namespace {

/// A stream that was closed would give its number to the next file that is opened, and be written into it.
void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) >= 0) continue;
    // Writing to a closed stdout fails; nobody misses what is said on a closed stderr.
    if (open("/dev/null", stream == STDERR_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  hold_standard_streams();
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write, here and in children
  return teapot::run_program(argc, argv);
}

#pragma once
// The program from its arguments to its exit code.
// Knows no command.

namespace teapot {

/// Hands the command line to a command; what goes wrong is one line on stderr and an exit code.
int run_program(int argc, char** argv);

}  // namespace teapot

#pragma once
// The sub-commands of ./teapot: each has one file in commands/, and adds itself to the command line.
// A command throws ConfigError for what the user got wrong; main catches.

#include <CLI/CLI.hpp>

namespace teapot {

void add_run_command(CLI::App& app);
void add_collective_command(CLI::App& app);
void add_fabric_command(CLI::App& app);
void add_platform_command(CLI::App& app);
void add_model_command(CLI::App& app);
void add_validate_command(CLI::App& app);
void add_chakra_command(CLI::App& app);
void add_sweep_command(CLI::App& app);
void add_compare_command(CLI::App& app);
void add_sensitivity_command(CLI::App& app);
void add_optimize_command(CLI::App& app);

}  // namespace teapot

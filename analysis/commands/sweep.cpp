// ./teapot sweep: many scenarios, simulated in parallel, resumed where they were left.
// Does not know how a point is computed.

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "analysis/commands/command_line.hpp"
#include "analysis/output/html/html_report.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/sweep/amount.hpp"
#include "analysis/sweep/results.hpp"
#include "analysis/sweep/slurm.hpp"
#include "analysis/sweep/sweep.hpp"
#include "analysis/sweep/sweep_text.hpp"
#include "sim/engine.hpp"

namespace teapot::sweep_command {
namespace {

struct Options {
  SweepOptions sweep;
  std::string collect;
  std::string engine = "local";
  std::string shard;
  std::string memory;
  std::string html;
  SlurmOptions slurm;
};

void read_shard(const std::string& text, SweepOptions& sweep) {
  const std::size_t slash = text.find('/');
  const auto part = [&](const std::string& number) {
    const auto amount = read_amount(number);
    if (!amount || !amount->integer || amount->number < 1 || amount->number > 100000) {
      throw ConfigError("--shard " + text + ": expected i/n with i from 1 to n, such as 2/8");
    }
    return static_cast<int>(amount->number);
  };
  sweep.shard = part(text.substr(0, slash));
  sweep.shards = part(slash == std::string::npos ? "" : text.substr(slash + 1));
  if (sweep.shard > sweep.shards)
    throw ConfigError("--shard " + text + ": expected i/n with i from 1 to n, such as 2/8");
}

/// The page of a sweep: its points, with axis pickers and the Pareto front, and the sweep as written.
void write_page(const std::string& file, const SweepSummary& summary, const std::string& sweep) {
  if (file.empty()) return;
  const std::string inputs = sweep.empty() ? "" : to_yaml(load_yaml(sweep));
  const std::string name = std::filesystem::path{sweep.empty() ? summary.folder : sweep}.stem().string();
  write_file(file, html_sweep(name, nlohmann::ordered_json::parse(to_json(summary.table)), inputs));
}

/// Says how the sweep ended; the exit code follows from what is thrown.
void conclude(const SweepSummary& summary) {
  if (summary.signal != 0) {
    std::fflush(nullptr);
    std::signal(summary.signal, SIG_DFL);
    std::raise(summary.signal);  // the shell hears of Ctrl-C too
  }
  const std::size_t failed = std::max(summary.failed, summary.table.failed);
  if (summary.lost > 0) {
    throw SimulationError(
        fmt::format("{} simulations were killed from outside; the same command tries them again", summary.lost));
  }
  if (failed > 0) {
    throw SimulationError(
        fmt::format("{} points failed: see the column `error` of {}/results.csv", failed, summary.folder));
  }
  if (summary.table.missing() > 0) {
    throw SimulationError(fmt::format("{} of {} points are missing", summary.table.missing(), summary.table.points));
  }
}

void execute(Options& options) {
  if (!options.collect.empty()) {
    const SweepSummary summary = collect_sweep(options.collect);
    write_page(options.html, summary, options.sweep.file);
    fmt::print("{}", highlighted(sweep_text(summary)));
    return conclude(summary);
  }
  if (options.sweep.file.empty()) throw ConfigError("sweep: give SWEEP.yaml, or --collect DIR");
  if (!options.memory.empty()) {
    const auto amount = read_amount(options.memory);
    if (!amount || amount->dimension != 2 || !(amount->base > 0)) {
      throw ConfigError("--memory " + options.memory + ": expected a size, such as 16 GiB");
    }
    options.sweep.memory_bytes = amount->base;
  }
  if (options.engine == "slurm") return submit_to_slurm(options.sweep, options.slurm);
  if (!options.shard.empty()) read_shard(options.shard, options.sweep);
  const SweepSummary summary = run_sweep(options.sweep);
  write_page(options.html, summary, options.sweep.file);
  fmt::print("{}", highlighted(sweep_text(summary)));
  conclude(summary);
}

void declare(Command command) {
  auto options = std::make_shared<Options>();
  SweepOptions& sweep = options->sweep;
  command.option("sweep", sweep.file, "Sweep (YAML): base, axes").type_name("SWEEP.yaml");
  command.option("-j,--jobs", sweep.workers, "Simulations at once (default: one a processor)").range(1, 4096);
  command.option("--out", sweep.folder, "Folder of the results (default: results/NAME)").type_name("DIR");
  command.sets(sweep.sets, "Change a key of the base (may be repeated)");
  command.assumptions(sweep.sets);
  command.option("--html", options->html, "Write the results as one page that opens offline").type_name("FILE");
  command.option("--shard", options->shard, "Do the i-th of n parts; --collect joins them").type_name("i/n");
  command.option("--collect", options->collect, "Write the results of what is in a folder").type_name("DIR");
  command.option("--engine", options->engine, "local, or slurm: submit a job array").one_of({"local", "slurm"});
  command.option("--tasks", options->slurm.tasks, "Slurm: tasks of the array (default: 8)").range(1, 100000);
  command.option("--sbatch", options->slurm.arguments, "Slurm: an argument for sbatch (may be repeated)")
      .type_name("ARG")
      .repeatable();
  command.flag("--wait", options->slurm.wait, "Slurm: wait for the array, then collect");
  command.option("--memory", options->memory, "Stay below (default: 80% of what is free)").type_name("SIZE");
  command.flag("--binding", sweep.binding,
               "Find the resource whose raise lowers each point's TPOT most: one more simulation for each that may");
  command.flag("--retry", sweep.retry, "Run failed points again");
  command.flag("--replace", sweep.replace, "Put this sweep in the place of the folder's");
  command.option("--economics", sweep.prices.economics, "Prices of accelerators and power").type_name("FILE");
  command.option("--prices", sweep.prices.prices, "Prices of parts: a name in platforms/parts/, or a file (2025)")
      .type_name("LIST");
  command.footer(
      "Examples:\n"
      "  ./teapot sweep examples/sweep-fabrics.yaml\n"
      "  ./teapot sweep examples/sweep-ep.yaml -j 4 --out results/ep --set deployment.context_tokens=8192");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{80, "sweep",
                                       "Simulate many scenarios and compare them; goes on where it was left", declare};

}  // namespace
}  // namespace teapot::sweep_command

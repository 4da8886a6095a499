// Writes the job script and calls sbatch.
// Does not know what a shard computes.

#include "analysis/sweep/slurm.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "analysis/output/output_file.hpp"
#include "analysis/sweep/sweep_text.hpp"
#include "sim/catalogue.hpp"
#include "sim/engine.hpp"

namespace teapot {
namespace {

namespace fs = std::filesystem;

/// For a POSIX shell.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? "'\\''" : std::string(1, c);
  return result + "'";
}

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

std::string job_script(const SweepOptions& sweep, const std::string& folder, int tasks) {
  std::string text = fmt::format(
      "#!/bin/sh\n#SBATCH --job-name=teapot\n#SBATCH --array=1-{}\n#SBATCH --output={}/slurm-%a.log\n", tasks, folder);
  text += fmt::format("export TEAPOT_HOME={}\n", quoted(home()));
  text += fmt::format(
      "exec {} sweep {} --out {} --shard \"$SLURM_ARRAY_TASK_ID/{}\" -j \"${{SLURM_CPUS_PER_TASK:-1}}\"",
      quoted(fs::read_symlink("/proc/self/exe").string()), quoted(absolute(sweep.file)), quoted(folder), tasks);
  for (const auto& set : sweep.sets) text += " --set " + quoted(set);
  if (sweep.retry) text += " --retry";
  if (sweep.binding) text += " --binding";
  if (!sweep.prices.economics.empty()) text += " --economics " + quoted(absolute(sweep.prices.economics));
  if (!sweep.prices.prices.empty()) text += " --prices " + quoted(absolute(sweep.prices.prices));
  return text + '\n';
}

/// Output of a program that is found in PATH; throws ConfigError where it is missing or fails.
std::string output_of(const std::vector<std::string>& command) {
  std::string line;
  for (const auto& word : command) line += quoted(word) + ' ';
  std::unique_ptr<FILE, int (*)(FILE*)> pipe{popen((line + "2>&1").c_str(), "r"), pclose};
  if (!pipe) throw ConfigError(fmt::format("{}: cannot be started: {}", command[0], std::strerror(errno)));
  std::string output;
  std::array<char, 4096> buffer{};
  while (const std::size_t count = fread(buffer.data(), 1, buffer.size(), pipe.get()))
    output.append(buffer.data(), count);
  const int status = pclose(pipe.release());
  while (!output.empty() && output.back() == '\n') output.pop_back();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
    throw ConfigError("sbatch: not found (install slurm-client, or use --shard i/n with another scheduler)");
  }
  if (status != 0) throw ConfigError(fmt::format("{}: {}", command[0], output.substr(output.rfind('\n') + 1)));
  return output;
}

}  // namespace

void submit_to_slurm(const SweepOptions& options, const SlurmOptions& slurm) {
  const SweepPlan plan = read_sweep(options.file, options.sets, options.prices, options.binding);
  const std::string folder = absolute(options.folder.empty() ? "results/" + plan.name : options.folder);
  {
    SweepFolder own{folder, {FolderUse::Kind::sweep, 0, 0}};
    settle_plan(own, plan, options.replace);
    own.sweep_up();
    const int tasks = std::min(slurm.tasks, static_cast<int>(plan.points.size()));
    write_file(own.file("slurm.sh"), job_script(options, folder, tasks));
  }
  std::vector<std::string> command{"sbatch", "--parsable"};
  if (slurm.wait) command.emplace_back("--wait");
  command.insert(command.end(), slurm.arguments.begin(), slurm.arguments.end());
  command.push_back(folder + "/slurm.sh");
  if (!slurm.wait) {
    const std::string job = output_of(command);
    fmt::print("submitted job {}: {} points\nwhen it has ended: ./teapot sweep --collect {}\n", job, plan.points.size(),
               folder);
    return;
  }
  std::string
      complaint;  // --wait fails where any task does, and a task fails where any point does: collect what is there
  try {
    output_of(command);
  } catch (const ConfigError& e) {
    complaint = e.what();
  }
  const SweepSummary summary = collect_sweep(folder);
  fmt::print("{}", sweep_text(summary));
  if (summary.table.missing() > 0) {
    throw SimulationError(fmt::format("{} of {} points are missing ({}); see {}/slurm-*.log", summary.table.missing(),
                                      summary.table.points, complaint, folder));
  }
  if (summary.table.failed > 0) {
    throw SimulationError(
        fmt::format("{} points failed: see the column `error` of {}/results.csv", summary.table.failed, folder));
  }
}

}  // namespace teapot

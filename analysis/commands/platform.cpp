// ./teapot platform: a fabric as a SimGrid platform file.
// Does not know the file's format.

#include "platforms/platform_file/platform_file.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "analysis/commands/command_line.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/output/progress_line.hpp"
#include "analysis/scenario/host_side.hpp"
#include "analysis/scenario/scenario.hpp"
#include "platforms/accelerator.hpp"
#include "platforms/host.hpp"
#include "sim/catalogue.hpp"
#include "topologies/topology.hpp"

namespace teapot::platform_command {
namespace {

struct PlatformOptions {
  std::string fabric;
  std::vector<std::string> sets;
  int gpus = 0;
  std::string accelerator;
  std::string host;
  std::string output;
};

HostPart host_named(const std::string& name) {
  return read_host_part(Config{resolve_named(name, "platforms/hosts", "host")}, [](const Config& host) {
    return read_accelerator(Config{resolve_named(host.at("cpu"), "platforms/accelerators", "accelerator")});
  });
}

void execute(const PlatformOptions& options) {
  require_place_for(options.output);
  Tree tree = resolve_named(options.fabric, "topologies", "fabric");
  for (const auto& set : options.sets) apply_set(tree, set);
  if (!options.host.empty()) plug_in_host(host_named(options.host), tree);
  const Fabric fabric = build_fabric(Config{tree});
  const Network network = to_network(fabric, options.gpus > 0 ? options.gpus : fabric.gpus());
  PlatformExtras extras;
  if (!options.accelerator.empty()) {
    extras.hbm = read_accelerator(Config{resolve_named(options.accelerator, "platforms/accelerators", "accelerator")})
                     .memory_bandwidth;
  }
  const PlatformFile file = to_platform_file(network, extras);
  if (options.output.empty()) {
    fmt::print("{}", file.xml);
  } else {
    write_file(options.output, file.xml);
  }
  if (file.spread_pairs > 0) {
    to_stderr(fmt::format(
        "note: {} spreads {} of {} pairs over several paths; a platform file has one path for each pair, so one "
        "of the shortest was kept\n",
        network.name, file.spread_pairs, file.pairs));
  }
  if (file.bypasses > 0) {
    to_stderr(fmt::format("note: {} of {} routes are not shortest paths and were written one by one\n", file.bypasses,
                          file.pairs));
  }
}

void declare(Command command) {
  auto options = std::make_shared<PlatformOptions>();
  command.option("fabric", options->fabric, "Name of a fabric, or a YAML file").required().type_name("FABRIC");
  command.option("-o,--output", options->output, "Where to write it; without, to standard output")
      .type_name("FILE.xml");
  command.option("--gpus", options->gpus, "How many GPUs, counted from the first; without, all of the fabric")
      .positive();
  command.option("--accelerator", options->accelerator, "Write this accelerator's memory as a disk of each GPU")
      .type_name("NAME");
  command
      .option("--host", options->host, "Write this host's memory and its link to the GPUs, for `memory:` of a scenario")
      .type_name("NAME");
  command.sets(options->sets, "Change a key of the fabric, e.g. --set nodes=16 (may be repeated)");
  command.footer(
      "Examples:\n"
      "  ./teapot platform h800-mpft --gpus 64 -o h800-mpft-64.xml\n"
      "  ./teapot platform gb200-nvl72 --accelerator gb200\n"
      "  ./teapot platform h800-mpft --gpus 64 --host dual-xeon-8480c -o with-memory.xml");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{20, "platform", "Write a fabric as a SimGrid platform file (XML)", declare};

}  // namespace
}  // namespace teapot::platform_command

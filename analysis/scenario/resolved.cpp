// A scenario with whole parts in place of their names.
// Does not check what it puts in.

#include <filesystem>

#include "analysis/scenario/drafter.hpp"
#include "analysis/scenario/host_side.hpp"
#include "analysis/scenario/scenario.hpp"
#include "analysis/scenario/stack.hpp"
#include "platforms/runtime.hpp"
#include "sim/catalogue.hpp"
#include "sim/input_file.hpp"

namespace teapot {

Tree resolved(const Tree& tree) {
  PartReader parts;
  return resolved(tree, parts);
}

Tree resolved(const Tree& tree, PartReader& parts) {
  const Config config{tree};
  Tree all = tree;
  const auto put = [&](const Config& parent, const std::string& path, const std::string& folder,
                       const std::string& what, const std::string& fallback) {
    Tree part = parts.named(parent, path.substr(path.rfind('.') + 1), folder, what, fallback);
    set_path(all, path, part);
    return part;
  };
  put(config, "model", "workloads/models", "model", "deepseek-v3");
  const Tree accelerator = put(config, "accelerator", "platforms/accelerators", "accelerator", "h800");
  if (config.has("platform")) {
    Tree file = config.at("platform").tree();
    file.text = std::filesystem::absolute(beside(file.place, file.text)).string();
    set_path(all, "platform", file);
  } else {
    if (config.has("fabric") || !config.has("host")) put(config, "fabric", "topologies", "fabric", "h800-mpft");
  }
  resolve_host(config, all, parts);
  const Config decode = config.section("decode");
  const Tree runtime = put(decode, "decode.runtime", "platforms/runtimes", "runtime", "ideal");
  if (draft_is_named(decode)) put(decode, "decode.draft", "workloads/models", "model", "");
  const Accelerator computes = with_libraries(read_accelerator(Config{accelerator}), read_runtime(Config{runtime}));
  resolve_libraries(decode, computes, all, parts);
  return all;
}

}  // namespace teapot

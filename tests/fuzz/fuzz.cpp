// What users and files may say, made up by libFuzzer: each target reads one kind of text, and only a ConfigError may come
// out of it. Usage: fuzz --target=NAME [libFuzzer's arguments] [corpus...]; without a name it lists them.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "workloads/collectives/pattern.hpp"
#include "analysis/output/chakra/chakra.hpp"
#include "analysis/scenario/scenario.hpp"
#include "analysis/sweep/plan.hpp"
#include "platforms/platform_file/platform_file.hpp"
#include "sim/config.hpp"
#include "workloads/model/model.hpp"
#include "workloads/routing/loads.hpp"

namespace teapot {
namespace {

/// The input as a file of a folder of this process: some readers take nothing else.
std::string as_file(const std::string& text, const char* name) {
  static const std::string folder = [] {
    std::string made = "/tmp/teapot-fuzz-XXXXXX";
    if (mkdtemp(made.data()) == nullptr) std::abort();
    return made;
  }();
  const std::string file = folder + '/' + name;
  std::FILE* out = std::fopen(file.c_str(), "wb");
  if (out == nullptr || std::fwrite(text.data(), 1, text.size(), out) != text.size()) std::abort();
  std::fclose(out);
  return file;
}

std::string folder_of(const std::string& file) { return file.substr(0, file.rfind('/')); }

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// A document that was read is written as one that reads the same.
void yaml(const std::string& text) {
  const std::string once = to_yaml(parse_yaml(text, "fuzz.yaml"));
  require(to_yaml(parse_yaml(once, "again.yaml")) == once, "YAML written and read again is the same");
}

/// What is accepted has finite figures; it is not simulated.
void scenario(const std::string& text) {
  const Scenario s = read_scenario(parse_yaml(text, "fuzz.yaml"), "fuzz");
  require(s.network.ranks() >= s.deployment.gpus, "the network has a place for each GPU");
  for (const Link& link : s.network.links)
    require(link.bandwidth.value > 0 && link.bandwidth.value < 1e300 && link.latency.value >= 0, "links are sane");
}

void sweep(const std::string& text) { read_sweep(as_file(text, "sweep.yaml"), {}, {}); }

void platform(const std::string& text) { read_platform(as_file(text, "platform.xml"), 64); }

void model(const std::string& text) {
  const Model m = read_model(Config::parse(text, "config.json"));
  require(parameters(m) > 0 && parameters(m) < 1e18, "a model has a number of parameters");
}

void chakra(const std::string& text) { read_chakra(folder_of(as_file(text, "x.0.et"))); }

void loads(const std::string& text) { read_expert_loads(as_file(text, "loads.csv"), 64); }

void trace(const std::string& text) { read_expert_trace(as_file(text, "trace.pb")); }

void matrix(const std::string& text) { matrix_pattern(as_file(text, "matrix.csv"), 4); }

void set(const std::string& text) {
  Tree tree = parse_yaml("model: {from: deepseek-v3, layers: 4}\ndeployment: {gpus: 8}\n", "set.yaml");
  apply_set(tree, text, set_key);
  to_yaml(tree);
}

struct Target {
  const char* name;
  void (*read)(const std::string& text);
};
constexpr Target targets[] = {{"yaml", yaml},   {"scenario", scenario}, {"sweep", sweep}, {"platform", platform},
                              {"model", model}, {"chakra", chakra},     {"loads", loads}, {"trace", trace},
                              {"matrix", matrix}, {"set", set}};

const Target* chosen = nullptr;

}  // namespace
}  // namespace teapot

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument{(*argv)[i]};
    for (const auto& target : teapot::targets)
      if (argument == std::string{"--target="} + target.name) teapot::chosen = &target;
  }
  if (teapot::chosen != nullptr) return 0;
  for (const auto& target : teapot::targets) std::puts(target.name);
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    teapot::chosen->read(std::string{reinterpret_cast<const char*>(data), size});
  } catch (const teapot::ConfigError& e) {
    const std::string_view what{e.what()};
    teapot::require(!what.empty() && what.size() < 2000 && what.find('\n') == std::string_view::npos,
                    "a complaint is one line");
  }
  return 0;
}

// Reads accelerators from YAML.
// Does not know what their figures are used for.

#include "platforms/accelerator.hpp"

#include <algorithm>
#include <array>

namespace teapot {
namespace {

/// How a kernel may run, as sim/kernel.hpp names it.
constexpr std::array kinds{"gemm",       "grouped-gemm",      "batched-gemm", "mla-decode",
                           "gqa-decode", "attention-prefill", "elementwise",  "copy"};

/// The next wider precision in which the same product can be computed.
const std::map<std::string, std::string>& wider() {
  static const std::map<std::string, std::string> steps{{"fp4", "fp8"},  {"int4", "int8"}, {"int8", "fp8"},
                                                        {"fp8", "bf16"}, {"fp16", "bf16"}, {"bf16", "tf32"},
                                                        {"tf32", "fp32"}};
  return steps;
}

double efficiency(const Config& config, const std::string& key, const About& about) {
  const double value = config.fraction(key, about);
  if (!(value > 0)) config.at(key).fail("must be above zero (a part of the peak)");
  return value;
}

KernelFit read_fit(const Config& config) {
  KernelFit fit;
  fit.compute = efficiency(config, "compute", {"Reachable part of the peak", "0.8"});
  fit.memory = efficiency(config, "memory", {"Reachable part of the memory bandwidth", "0.85"});
  fit.sharpness = config.non_negative_or(
      "sharpness", 0.0, {"Of the corner of the roofline, (c^s + m^s)^(1/s); 0: the longer of both", "4"});
  if (fit.sharpness > 0 && fit.sharpness < 1) config.at("sharpness").fail("must be 0 (max) or at least 1 (sum)");
  fit.startup = config.non_negative_or("startup", Seconds{},
                                       {"Prologue and epilogue of one launch, beside the launch itself", "3 us"});
  fit.sm_bandwidth = config.non_negative_or("sm_bandwidth", BytesPerSecond{},
                                            {"What one SM can load when few are busy; 0: no limit", "60 GB/s"});
  fit.block = config.non_negative_or(
      "block", Seconds{},
      {"Of an SM, to each tile along k (products) or each KV head of a sequence (attention)", "0.3 us"});
  fit.paired_block = config.non_negative_or(
      "paired_block", fit.block,
      {"The same from paired_rows rows on, where SMs load tiles in pairs", "0.2 us", "as block"});
  if (config.has("paired_rows", {"Rows from which SMs load tiles in pairs", "256"}))
    fit.paired_rows = config.positive<double>("paired_rows");
  fit.error = config.fraction_or("error", 0.0, {"Median residual of the fit, for the interval; a part", "0.05"});
  fit.source = config.get_or<std::string>("source", "", {"Rows that it was fitted on", "InferSim, 120 rows"});
  return fit;
}

std::vector<double> sides(const Config& config, const char* key, const std::vector<double>& usual) {
  if (!config.has(key, {"Sides of the tiles that products are cut into", "[64, 128]"})) return usual;
  std::vector<double> sides;
  for (const auto& side : config.at(key).items()) {
    const double length = side.as<double>();
    if (!(length >= 1 && length <= 4096)) side.fail("expected 1 to 4096 rows or columns of a tile");
    sides.push_back(length);
  }
  if (sides.empty()) config.at(key).fail("names no tile");
  return sides;
}

Tiles read_tiles(const Config& config) {
  const Tiles usual;
  Tiles tiles{sides(config, "rows", usual.rows), sides(config, "columns", usual.columns), usual.depth};
  tiles.depth = config.positive_or("depth", usual.depth, {"Values along k that a tile takes at once", "128"});
  return tiles;
}

void require_kinds(const Config& kernels) {
  for (const char* kind : kinds) {
    if (!kernels.has(kind, {"What kernels of this kind reach", "{compute: 0.8, memory: 0.85, startup: 2 us}"}))
      kernels.fail(std::string{"has no entry for "} + kind);
  }
  for (const auto& key : kernels.keys()) {
    if (key == "attention-backward" || key == "weight-gradient-gemm") continue;  // of training; see fit()
    const bool known = std::any_of(kinds.begin(), kinds.end(),
                                   [&](const std::string kind) { return key == kind || key.starts_with(kind + "-"); });
    if (!known) kernels.at(key).fail(unknown_name("kind of kernel", key, {kinds.begin(), kinds.end()}));
  }
}

}  // namespace

const KernelFit& Accelerator::fit(const std::string& kind, const std::string& precision) const {
  const auto special = kernels.find(kind + "-" + precision);
  if (special != kernels.end()) return special->second;
  auto general = kernels.find(kind);
  // The way back, and whole prompts, on an accelerator whose file tells only of what comes before.
  if (general == kernels.end() && kind == "attention-backward") return fit("attention-prefill", precision);
  if (general == kernels.end() && kind == "weight-gradient-gemm") return fit("gemm", precision);
  if (general == kernels.end() && kind == "attention-prefill") general = kernels.find("gqa-decode");
  if (general == kernels.end()) throw ConfigError(name + ": kernels: no entry for kernels of kind \"" + kind + "\"");
  return general->second;
}

FlopsPerSecond Accelerator::peak_of(const std::string& precision) const {
  for (std::string wanted = precision;;) {
    const auto found = peak.find(wanted);
    if (found != peak.end()) return found->second;
    const auto next = wider().find(wanted);
    if (next == wider().end()) {
      throw ConfigError(name + ": peak: cannot compute in \"" + precision + "\" nor in anything wider");
    }
    wanted = next->second;
  }
}

bool narrow_products(const std::string& stored, const Accelerator& accelerator) {
  const bool four_bits = stored == "mxfp4" || stored == "nvfp4";
  return four_bits && accelerator.peak.contains("fp4") && accelerator.peak.contains("fp8");
}

Accelerator read_accelerator(const Config& config) {
  Accelerator result;
  result.name = config.get<std::string>("name", {"What reports call it", "H800 SXM5"});
  result.memory = config.positive<Bytes>("memory", {"Reachable part of the memory bandwidth", "0.85"});
  result.memory_bandwidth = config.positive<BytesPerSecond>("memory_bandwidth", {"The vendor's figure", "3.35 TB/s"});
  const Config peaks =
      config.at("peak", {"Dense peaks by format: fp4, fp8, int8, bf16, tf32, fp32", "{bf16: 989 TFLOPS}"});
  for (const auto& precision : peaks.keys()) {
    result.peak[precision] = peaks.positive<FlopsPerSecond>(precision);
  }
  result.sms = config.positive<int>("sms", {"Streaming multiprocessors, compute units or cores", "132"});
  if (config.has("tiles", {"Tiles of matrix products; those of a tensor core where not given",
                           "{rows: [64, 128], columns: [128], depth: 64}"}))
    result.tiles = read_tiles(config.at("tiles"));
  result.launch = config.non_negative<Seconds>("launch", {"From one kernel to the next in a recorded graph", "1 us"});
  result.scale_up_bandwidth =
      config.non_negative_or("scale_up_bandwidth", BytesPerSecond{},
                             {"Of its NVLink ports or their like, each direction; 0: none", "200 GB/s"});
  const Config kernels = config.at(
      "kernels", {"What each kind of kernel reaches: gemm, grouped-gemm, mla-decode, ...; gemm-bf16 goes before gemm",
                  "{gemm: {compute: 0.8, memory: 0.85}}"});
  require_kinds(kernels);
  for (const auto& kind : kernels.keys()) result.kernels[kind] = read_fit(kernels.at(kind));
  if (config.has("tables", {"Names under which rows of platforms/kernels/*.csv are its own", "[h800]"})) {
    for (const auto& table : config.at("tables").items()) result.tables.push_back(table.as<std::string>());
  }
  result.communication = config.get<std::string>(
      "communication", {"Library of its collectives where decode.communication names none", "deepep"});
  for (const auto& key :
       config.section("collectives", {"Libraries of single operations, where they are others", "{all-reduce: trtllm}"})
           .keys())
    result.collectives[key] = config.section("collectives").get<std::string>(key);
  result.communication_latency =
      config.positive_or("communication_latency", 1.0,
                         {"Of a communication kernel's start and a neighbour's flag, over an H100's", "1.2"});
  result.source =
      config.get_or<std::string>("source", "", {"Data sheets that the figures come from", "NVIDIA H100 data sheet"});
  config.reject_unread_keys();
  return result;
}

}  // namespace teapot

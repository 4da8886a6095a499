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

double efficiency(const Config& config, const std::string& key) {
  const double value = config.fraction(key);
  if (!(value > 0)) config.at(key).fail("must be above zero (a part of the peak)");
  return value;
}

KernelFit read_fit(const Config& config) {
  KernelFit fit;
  fit.compute = efficiency(config, "compute");
  fit.memory = efficiency(config, "memory");
  fit.sharpness = config.non_negative_or("sharpness", 0.0);
  if (fit.sharpness > 0 && fit.sharpness < 1) config.at("sharpness").fail("must be 0 (max) or at least 1 (sum)");
  fit.startup = config.non_negative_or("startup", Seconds{});
  fit.sm_bandwidth = config.non_negative_or("sm_bandwidth", BytesPerSecond{});
  fit.block = config.non_negative_or("block", Seconds{});
  fit.paired_block = config.non_negative_or("paired_block", fit.block);
  if (config.has("paired_rows")) fit.paired_rows = config.positive<double>("paired_rows");
  fit.error = config.fraction_or("error", 0.0);
  fit.source = config.get_or<std::string>("source", "");
  return fit;
}

std::vector<double> sides(const Config& config, const char* key, const std::vector<double>& usual) {
  if (!config.has(key)) return usual;
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
  tiles.depth = config.positive_or("depth", usual.depth);
  return tiles;
}

void require_kinds(const Config& kernels) {
  for (const char* kind : kinds) {
    if (!kernels.has(kind)) kernels.fail(std::string{"has no entry for "} + kind);
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
  result.name = config.get<std::string>("name");
  result.memory = config.positive<Bytes>("memory");
  result.memory_bandwidth = config.positive<BytesPerSecond>("memory_bandwidth");
  const Config peaks = config.at("peak");
  for (const auto& precision : peaks.keys()) {
    result.peak[precision] = peaks.positive<FlopsPerSecond>(precision);
  }
  result.sms = config.positive<int>("sms");
  if (config.has("tiles")) result.tiles = read_tiles(config.at("tiles"));
  result.launch = config.non_negative<Seconds>("launch");
  result.scale_up_bandwidth = config.non_negative_or("scale_up_bandwidth", BytesPerSecond{});
  const Config kernels = config.at("kernels");
  require_kinds(kernels);
  for (const auto& kind : kernels.keys()) result.kernels[kind] = read_fit(kernels.at(kind));
  if (config.has("tables")) {
    for (const auto& table : config.at("tables").items()) result.tables.push_back(table.as<std::string>());
  }
  result.communication = config.get<std::string>("communication");
  for (const auto& key : config.section("collectives").keys())
    result.collectives[key] = config.section("collectives").get<std::string>(key);
  result.communication_latency = config.positive_or("communication_latency", 1.0);
  result.source = config.get_or<std::string>("source", "");
  config.reject_unread_keys();
  return result;
}

}  // namespace teapot

// Skew by formula.
// Knows neither GPUs nor bytes.

#include "workloads/routing/loads.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "sim/input_file.hpp"
#include "sim/random.hpp"

namespace teapot {

const char* const load_definitions =
    "decode.routing.load: how tokens spread over experts\n"
    "  balanced   every expert gets the same share, as expected values (nothing is drawn): for limits and profiles\n"
    "  uniform    each token draws top-k different experts, all equally likely\n"
    "  zipf       the expert of rank r is drawn with weight r^-exponent (Zipf 1949)\n"
    "  power-law  an expert's weight is drawn from a density x^-exponent on [1, 0.8 x tokens of the EP group]; so\n"
    "             aiconfigurator defines its \"power_law_<exponent>\" (github.com/ai-dynamo/aiconfigurator,\n"
    "             collector/helper.py), which puts DeepSeek-V3 near 1.01 and Qwen3-235B near 1.2; the default, with 1\n"
    "  dirichlet  weights from a symmetric Dirichlet distribution of this concentration; small is skewed\n"
    "  file       weights from a CSV of expert,load or layer,expert,load\n"
    "  trace      choices of real tokens, a Protobuf file (workloads/expert_trace.proto)\n"
    "Weights apply to each draw of a token's top-k different experts, so the largest load is at most tokens.\n"
    "vary: layer | fixed   another order of the experts in each layer (default), or one for all.\n";

namespace {

constexpr std::uint64_t load_stream = 0x10ad;
constexpr std::uint64_t drift_stream = 0xd21f7;

double normal(Random& random) {  // Box and Muller
  const double radius = std::sqrt(-2 * std::log1p(-random.uniform()));
  return radius * std::cos(2 * std::numbers::pi * random.uniform());
}

/// Marsaglia and Tsang, A simple method for generating gamma variables, 2000; shapes below 1 by their section 8.
double gamma(double shape, Random& random) {
  if (shape < 1) return gamma(shape + 1, random) * std::pow(1 - random.uniform(), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal(random);
    const double v = std::pow(1 + c * x, 3);
    if (v <= 0) continue;
    if (std::log1p(-random.uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

/// The inverse of the distribution of a density x^-exponent on [1, high].
double power_law(double exponent, double high, Random& random) {
  const double u = random.uniform();
  if (exponent == 1) return std::pow(high, u);
  const double a = 1 - exponent;
  return std::pow(1 + u * (std::pow(high, a) - 1), 1 / a);
}

void shuffle(std::vector<double>& values, Random& random) {
  for (std::size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1], values[random.below(static_cast<std::uint32_t>(i))]);
  }
}

std::vector<double> counted(const ExpertTrace& trace, int layer) {
  std::vector<double> loads(static_cast<std::size_t>(trace.experts));
  for (const auto expert : row_of(trace.layers, layer)) loads[expert] += 1;
  return loads;
}

}  // namespace

LoadSource read_loads(const Config& routing, int experts, int top_k) {
  using Kind = LoadSource::Kind;
  const std::vector<std::string> words{"balanced", "uniform", "zipf", "power-law", "dirichlet", "file", "trace"};
  const std::string word =
      routing.choice_or("load", words, "power-law",
                        {"How tokens spread over experts (`./teapot run --help` defines each)", "uniform", "", "skew"});
  LoadSource source;
  source.kind = static_cast<Kind>(std::find(words.begin(), words.end(), word) - words.begin());
  source.per_layer =
      routing.choice_or("vary", {"layer", "fixed"}, "layer",
                        {"Another order of the experts in each layer, or one for all", "layer"}) == "layer";
  const auto only_for = [&](const char* key, std::initializer_list<Kind> kinds, const About& about) {
    const bool used = std::find(kinds.begin(), kinds.end(), source.kind) != kinds.end();
    if (routing.has(key, about) && !used) routing.at(key).fail(fmt::format("has no meaning with load: {}", word));
    return used;
  };
  if (only_for("exponent", {Kind::zipf, Kind::power_law},
               {"Of `load: zipf` and `power-law`; larger is more skewed", "1.2"}))
    source.exponent = routing.non_negative_or("exponent", 1.0);
  if (only_for("concentration", {Kind::dirichlet}, {"Of `load: dirichlet`; smaller is more skewed", "1"}))
    source.concentration = routing.positive_or("concentration", 1.0);
  if (!only_for("file", {Kind::file, Kind::trace},
                {"Measured loads (CSV) or choices (trace), beside the scenario", "loads.csv"}))
    return source;
  const Config file = routing.at("file");
  if (source.kind == Kind::file) {
    source.loads = read_expert_loads(file_named(file, most_table_bytes), experts);
    return source;
  }
  auto trace = std::make_shared<ExpertTrace>(read_expert_trace(file_named(file, most_trace_bytes)));
  if (trace->experts != experts || trace->top_k != top_k) {
    file.fail(fmt::format("is a trace of {} experts with top {}, the model has {} with top {}", trace->experts,
                          trace->top_k, experts, top_k));
  }
  source.trace = std::move(trace);
  return source;
}

std::vector<double> expert_loads(const LoadSource& source, int experts, int layer, double tokens, std::uint64_t seed) {
  using Kind = LoadSource::Kind;
  std::vector<double> loads(static_cast<std::size_t>(experts), 1.0);
  Random random{seed, load_stream, source.per_layer ? layer : -1};
  switch (source.kind) {
    case Kind::balanced:
    case Kind::uniform:
      return loads;
    case Kind::zipf:
      for (std::size_t i = 0; i < loads.size(); ++i) loads[i] = std::pow(static_cast<double>(i + 1), -source.exponent);
      shuffle(loads, random);
      break;
    case Kind::power_law:
      for (double& load : loads) load = power_law(source.exponent, std::max(2.0, 0.8 * tokens), random);
      break;
    case Kind::dirichlet:
      for (double& load : loads) load = gamma(source.concentration, random);
      break;
    case Kind::file:
      loads = row_of(source.loads, layer);
      break;
    case Kind::trace:
      loads = counted(*source.trace, layer);
      break;
  }
  const double sum = std::accumulate(loads.begin(), loads.end(), 0.0);
  if (sum <= 0) return std::vector<double>(loads.size(), 1.0);  // a Dirichlet draw may underflow to nothing
  for (double& load : loads) load *= experts / sum;
  return loads;
}

std::vector<double> loads_before(std::vector<double> loads, double drift, int layer, std::uint64_t seed) {
  if (drift == 0) return loads;
  std::vector<double> others = loads;
  Random random{seed, drift_stream, layer};
  shuffle(others, random);
  for (std::size_t i = 0; i < loads.size(); ++i) loads[i] = (1 - drift) * loads[i] + drift * others[i];
  return loads;
}

}  // namespace teapot

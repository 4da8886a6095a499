// Fuzz targets: models, loads, requests and traces.
// Nothing is simulated.

#include <cmath>

#include "analysis/output/chakra/chakra.hpp"
#include "target.hpp"
#include "workloads/collectives/pattern.hpp"
#include "workloads/load/distribution.hpp"
#include "workloads/model/model.hpp"
#include "workloads/routing/loads.hpp"
#include "workloads/serving/arrivals.hpp"

namespace teapot::fuzz {
namespace {

/// A config.json, or a model's own YAML.
void model(const std::string& text) {
  const Model m = read_model(Config::parse(text, "config.json"));
  require(parameters(m) > 0 && parameters(m) < 1e18, "a model has a number of parameters");
  require(std::isfinite(kv_bytes(m, m.weights, 4096).value) && std::isfinite(decode_flops_per_token(m, 4096).value),
          "its cache and work are finite");
}

void loads(const std::string& text) { read_expert_loads(as_file(text, "loads.csv"), 64); }

void trace(const std::string& text) {
  const ExpertTrace read = read_expert_trace(as_file(text, "trace.pb"));
  for (const auto& [layer, experts] : read.layers)
    for (const auto expert : experts) require(expert < read.experts, "a trace chooses among its experts");
}

void contexts(const std::string& text) {
  const std::string file = as_file(text, "contexts.csv");
  const Distribution d = read_distribution(Config::parse("{distribution: empirical, file: " + file + "}", "fuzz.yaml"));
  Random random{1, 2};
  require(d.draw(random) >= 1, "what is drawn is at least 1");
}

void matrix(const std::string& text) {
  const Pattern pattern = matrix_pattern(as_file(text, "matrix.csv"), 4);
  require(pattern.bytes_per_copy.value > 0, "somebody sends something");
  for (int rank = 0; rank < 4; ++rank)
    pattern.traffic->for_each_receiver(rank,
                                       [](int, double copies) { require(copies > 0 && copies <= 1, "parts of it"); });
}

void check(const Arrival& a) {
  require(std::isfinite(a.at_s) && a.at_s >= 0 && a.prompt_tokens > a.cached_tokens && a.cached_tokens >= 0 &&
              a.output_tokens > 0,
          "a request has a time and lengths");
}

/// `requests:`; a few of them are drawn.
void requests(const std::string& text) {
  const ArrivalProcess process = read_arrivals(Config::parse(text, "fuzz.yaml"), 1);
  for (int n = 0; n < 10; ++n) check(drawn(process, n));
  if (process.kind == ArrivalProcess::Kind::closed_loop || process.rate_per_s * process.duration_s > 1000) return;
  for (const Arrival& a : arrivals(process)) check(a);
}

void requests_trace(const std::string& text) {
  for (const Arrival& a : read_trace(as_file(text, "requests"))) check(a);
}

void chakra(const std::string& text) {
  const std::string file = as_file(text, "x.0.et");
  const Program program = read_chakra(file.substr(0, file.rfind('/')));
  for (const Operator& op : program.operators) {
    require(op.stream >= 0 && static_cast<std::size_t>(op.stream) < program.streams.size(), "streams exist");
    for (const int earlier : op.after)
      require(earlier >= 0 && earlier < static_cast<int>(program.operators.size()), "order");
  }
}

const Target targets[] = {{"model", model},
                          {"loads", loads},
                          {"trace", trace},
                          {"contexts", contexts},
                          {"matrix", matrix},
                          {"requests", requests},
                          {"requests-trace", requests_trace},
                          {"chakra", chakra}};

}  // namespace
}  // namespace teapot::fuzz

// A run's data for its page.
// Does not draw.

#include <fmt/format.h>

#include <map>

#include "analysis/output/html/gpu_loads.hpp"
#include "analysis/output/html/html_report.hpp"
#include "analysis/output/html/topology_drawing.hpp"
#include "analysis/run/summary.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

using Json = nlohmann::ordered_json;

constexpr int heat_cells = 64;  // of each side: more cannot be told apart on a screen

/// Six significant digits: what a chart can show, in half the bytes.
double rounded(double value) { return std::stod(fmt::format("{:.6g}", value)); }

/// Every operator on one rank, as columns: name, layer, micro-batch, stream, begin and end in microseconds.
Json timeline_json(const Run& run, int rank, const std::map<std::string, int>& names) {
  Json rows = Json::array();
  for (int op = 0; op < run.timeline.operators; ++op) {
    if (!run.timeline.ran(op, rank)) continue;
    const Operator& o = run.program.operators[at(op)];
    rows.push_back({names.at(o.name), o.layer, o.micro_batch, o.stream,
                    rounded(run.timeline.start(op, rank).value * 1e6),
                    rounded(run.timeline.end(op, rank).value * 1e6)});
  }
  return rows;
}

/// `other`: a GPU that is shown too; below 0: none.
Json gantt_json(const Run& run, const Explanation& e, int other) {
  Json json;
  std::map<std::string, int> names;
  auto& list = json["names"] = Json::array();
  for (const auto& op : run.program.operators) {
    if (names.emplace(op.name, static_cast<int>(names.size())).second) {
      list.push_back({{"name", op.name}, {"communication", std::holds_alternative<Collective>(op.work)}});
    }
  }
  json["streams"] = run.program.streams;
  std::vector<int> ranks{0};
  if (!e.path.empty() && e.path.back().rank != 0) ranks.push_back(e.path.back().rank);
  if (other > ranks.back()) ranks.push_back(other);
  auto& gpus = json["gpus"] = Json::array();
  for (const int rank : ranks) gpus.push_back({{"gpu", rank}, {"operators", timeline_json(run, rank, names)}});
  return json;
}

/// Bytes that each GPU (or block of GPUs) sends to each other one in the step.
Json heat_json(const Program& program) {
  const int block = (program.ranks + heat_cells - 1) / heat_cells;
  const int cells = (program.ranks + block - 1) / block;
  std::vector<double> bytes(at(cells) * at(cells));
  for_each_transfer(
      program, [&](int from, int to, double sent) { bytes[at(from / block) * at(cells) + at(to / block)] += sent; });
  Json json{{"gpus_per_cell", block}, {"cells", cells}};
  auto& values = json["bytes"] = Json::array();
  for (const double value : bytes) values.push_back(rounded(value));
  return json;
}

/// What each GPU did: columns by name, one value a GPU.
Json gpus_json(const Scenario& scenario, const Run& run) {
  Json json;
  for (const char* name : {"domain", "computing_ms", "exposed_ms", "idle_ms", "sent_bytes", "received_bytes"}) {
    json[name] = Json::array();
  }
  for (const int domain : scenario.network.domain) json["domain"].push_back(domain);
  for (const GpuLoad& load : gpu_loads(run.program, run.timeline)) {
    json["computing_ms"].push_back(rounded(load.computing_s * 1e3));
    json["exposed_ms"].push_back(rounded(load.exposed_s * 1e3));
    json["idle_ms"].push_back(rounded(load.idle_s * 1e3));
    json["sent_bytes"].push_back(rounded(load.sent_bytes));
    json["received_bytes"].push_back(rounded(load.received_bytes));
  }
  return json;
}

Json topology_json(const Network& network, const Timeline& timeline) {
  const Drawing drawing = draw(network, timeline);
  Json json;
  auto& nodes = json["nodes"] = Json::array();
  for (const auto& node : drawing.nodes) nodes.push_back({node.name, node.role, rounded(node.x), rounded(node.y)});
  auto& edges = json["edges"] = Json::array();
  for (const auto& edge : drawing.edges)
    edges.push_back({edge.a, edge.b, edge.links, edge.tier, rounded(edge.use), rounded(edge.bytes.value)});
  return json;
}

}  // namespace

std::string html_report(const Scenario& scenario, const Run& run, const Report& report, const Explanation& e,
                        const Json& cost) {
  Json data;
  data["kind"] = "run";
  data["summary"] = summary_json(scenario, run, report);
  data["cost"] = cost;
  data["explanation"] = explanation_json(e, scenario, run);
  data["explanation"].erase("critical_path");  // a thousand rows that no chart shows
  data["gantt"] = gantt_json(run, e, scenario.layout.apart() ? scenario.layout.attention_gpus() : -1);
  data["heat"] = heat_json(run.program);
  data["gpus"] = gpus_json(scenario, run);
  data["topology"] = topology_json(scenario.network, run.timeline);
  data["inputs"] = to_yaml(scenario.source);
  return html_page("teapot: " + scenario.name, data);
}

}  // namespace teapot

// An explanation as one JSON object.
// Computes nothing.

#include "analysis/explain/explanation.hpp"

#include "analysis/run/report.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

using Json = nlohmann::ordered_json;

double us(Seconds time) { return time.value * 1e6; }

Json path_json(const Explanation& e, const Program& program) {
  Json path = Json::array();
  for (const auto& step : e.path) {
    const Operator& op = program.operators[at(step.op)];
    Json one{{"operator", op.name}, {"layer", op.layer},          {"micro_batch", op.micro_batch},
             {"gpu", step.rank},    {"begin_us", us(step.begin)}, {"time_us", us(step.end - step.begin)}};
    if (std::holds_alternative<Collective>(op.work)) {
      one["entered_on_gpu"] = step.entered;
      one["software_us"] = us(step.software);
      one["latency_us"] = us(step.latency);
      one["tier"] = step.tier;
    }
    path.push_back(std::move(one));
  }
  return path;
}

Json links_json(const Explanation& e, const Network& network) {
  Json links = Json::array();
  for (const auto& load : e.links) {
    const Link& link = network.links[at(load.link)];
    Json one{{"name", link.name}, {"tier", link.tier}, {"bytes", load.bytes.value}, {"use", load.use}};
    one["bandwidth_GBps"] = link.bandwidth.value / 1e9;
    auto& from = one["bytes_of"] = Json::object();
    for (const auto& by : load.from) from[by.name] = by.bytes.value;
    links.push_back(std::move(one));
  }
  return links;
}

Json what_if_json(const Explanation& e) {
  Json answers = Json::array();
  for (const auto& answer : e.what_if) {
    answers.push_back({{"resource", answer.resource.name},
                       {"meaning", answer.resource.meaning},
                       {"tpot_if_10_percent_faster_ms", ms(answer.raised / e.tokens_per_step)},
                       {"tpot_if_infinite_ms", ms(answer.infinite / e.tokens_per_step)},
                       {"gain_of_10_percent", answer.gain},
                       {"slack", answer.slack}});
  }
  return answers;
}

}  // namespace

Json explanation_json(const Explanation& e, const Scenario& scenario, const Run& run) {
  Json json;
  json["step_ms"] = ms(e.step);
  auto& waterfall = json["waterfall"] = Json::array();
  for (const auto& part : e.waterfall) {
    waterfall.push_back({{"name", part.name}, {"group", part.group}, {"time_ms", ms(part.time)}});
  }
  auto& shares = json["critical_path_shares"] = Json::array();
  for (const auto& share : e.path_shares) {
    shares.push_back({{"name", share.name},
                      {"kind", share.communication ? "communication" : "compute"},
                      {"count", share.count},
                      {"time_ms", ms(share.time)}});
  }
  json["critical_path"] = path_json(e, run.program);
  auto& tiers = json["tiers"] = Json::array();
  for (const auto& tier : e.tiers) {
    tiers.push_back({{"tier", tier.tier},
                     {"links", tier.links},
                     {"used", tier.used},
                     {"bytes", tier.bytes.value},
                     {"line_rate_use", tier.line_rate},
                     {"busy", tier.busy},
                     {"busiest", tier.busiest}});
  }
  json["halves"] = {{"capacity_GBps", e.cut.capacity.value / 1e9}, {"bytes", e.cut.bytes.value}, {"use", e.cut.use}};
  json["links"] = links_json(e, scenario.network);
  if (e.what_if.empty()) return json;
  json["what_if"] = what_if_json(e);
  const WhatIf* first = binding(e.what_if);
  json["binding"] = first == nullptr ? Json(nullptr) : Json(first->resource.name);
  auto& slack = json["slack"] = Json::array();
  for (const auto& answer : e.what_if) {
    if (answer.slack) slack.push_back(answer.resource.name);
  }
  return json;
}

}  // namespace teapot

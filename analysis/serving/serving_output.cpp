// Words, numbers and tables of a service.
// Computes nothing but units.

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "analysis/output/counted.hpp"
#include "analysis/output/text_table.hpp"
#include "analysis/serving/serving_report.hpp"
#include "analysis/version.hpp"
#include "sim/message.hpp"

namespace teapot {
namespace {

using Json = nlohmann::ordered_json;

double mean_held(const ServingScenario& s, const ServingResult& result) {
  const double capacity = s.shape.decode.all_cache_tokens();
  return result.record.end_s > 0 ? result.record.cache_token_s / result.record.end_s / capacity : 0;
}

double use(double busy_s, int units, double span_s) { return span_s > 0 ? busy_s / (units * span_s) : 0; }

/// Part of the time that the links into a group of the decode pool would carry caches, nothing else being on them.
double transfer_share(const ServingScenario& s, const ServingResult& result) {
  const double groups = static_cast<double>(s.shape.decode.units) * s.shape.decode.groups;
  return result.record.end_s > 0 ? result.transfer.alone_s / (result.record.end_s * groups) : 0;
}

/// Answers of one token have no time between tokens: null.
Json json_of(const Percentiles& p) {
  if (!p.any()) return nullptr;
  return {{"mean", p.mean}, {"p50", p.p50}, {"p90", p.p90}, {"p99", p.p99}};
}

std::string pool_words(const char* what, const Pool& pool, const Scenario& s) {
  const std::string sides = s.layout.apart() ? fmt::format(", {} of which attend", s.layout.attention_gpus()) : "";
  return fmt::format("{} on {} x {} GPUs{} ({}, EP {}, TP {})", what, pool.units, s.layout.gpus, sides,
                     s.accelerator.name, s.layout.expert_parallel, s.layout.tensor_parallel);
}

std::string arrival_words(const ArrivalProcess& a) {
  switch (a.kind) {
    case ArrivalProcess::Kind::closed_loop:
      return fmt::format("{} in flight for {:g} s", a.concurrency, a.duration_s);
    case ArrivalProcess::Kind::trace:
      return fmt::format("{} of a trace", a.trace.size());
    default:
      return fmt::format("{:g} a second for {:g} s", a.rate_per_s, a.duration_s);
  }
}

}  // namespace

namespace {

bool within_a_domain(const Scenario& unit) {
  const auto& domain = unit.machine.domain;
  return std::all_of(domain.begin(), domain.end(), [&](int one) { return one == domain.front(); });
}

std::string asked(const ServingScenario& s, const ServiceRecord& record, const ServingReport& r) {
  std::string text =
      fmt::format("{} served on {}, fabric {}\n", s.decode.model.name, counted(s.gpus, "GPU"), s.decode.fabric);
  if (s.prefill) text += pool_words("prefill", s.shape.prefill, *s.prefill) + "; ";
  text += pool_words(s.prefill ? "decode" : "prefill in chunks and decode", s.shape.decode, s.decode) + '\n';
  if (s.prefill && within_a_domain(*s.prefill))
    text += "a prefill unit lies within one scale-up domain: of the fabric, TTFT knows only the way of the caches\n";
  text += fmt::format("requests: {}, {} came, {} were served\n", arrival_words(s.arrivals), record.requests.size(),
                      r.finished);
  for (const auto& warning : s.decode.model.reading.warnings) text += "warning: " + one_line(warning) + '\n';
  return text + '\n';
}

std::string latencies(const ServingReport& r) {
  constexpr auto right = TextTable::Align::right;
  TextTable table{{{"ms"}, {"mean", right}, {"P50", right}, {"P90", right}, {"P99", right}}};
  const auto row = [&](const char* name, const Percentiles& p) {
    if (!p.any()) return table.add({name, "none", "", "", ""});
    table.add({name, fmt::format("{:.2f}", p.mean), fmt::format("{:.2f}", p.p50), fmt::format("{:.2f}", p.p90),
               fmt::format("{:.2f}", p.p99)});
  };
  row("TTFT", r.ttft_ms);
  row("TPOT", r.tpot_ms);
  row("between tokens", r.itl_ms);
  row("end to end", r.e2e_ms);
  row("queueing", r.queue_ms);
  return table.to_text();
}

/// What a cache on its way adds to the first token, and takes from those that decode.
std::string transfer_text(const ServingScenario& s, const ServingResult& result, const ServingReport& r) {
  const TransferFacts& t = result.transfer;
  const double each = 1e3 / std::max(1, r.finished);
  const double slower = t.slowdown() - 1;
  return fmt::format(
             "KV transfer      {:10.2f} ms a request, part of TTFT: alone {:.2f}, {:+.2f} beside decode steps, {:+.2f} "
             "behind other caches{}\n",
             result.record.moved_s * each, t.alone_s * each, (t.shared_s - t.alone_s) * each,
             result.record.behind_s * each, s.shape.cache_parts > 1 ? ", less what leaves during prefill" : "") +
         fmt::format(
             "                  takes {:.2f}% of the time of the links into a group; decode steps are {:.2f}% longer "
             "for it, {:.3f} ms of TPOT\n",
             100 * transfer_share(s, result), 100 * slower, r.tpot_ms.mean * slower / (1 + slower));
}

/// What the pools did, and how full they were.
std::string use_of_pools(const ServingScenario& s, const ServingResult& result, const ServingReport& r) {
  const ServiceRecord& record = result.record;
  std::string text = fmt::format("\nrequests/s       {:10.2f}   good {:.2f} ({:.1f}%)\n", r.requests_per_s,
                                 r.goodput_per_s, r.finished > 0 ? 100.0 * r.good / r.finished : 0);
  text += fmt::format("output tokens/s  {:10.1f}   {:.1f} a GPU that decodes\n", r.output_tokens_per_s,
                      r.output_tokens_per_s / s.decode_gpus);
  if (s.prefill) {
    text += fmt::format("prefill busy     {:9.1f}%   {} steps\n",
                        100 * use(record.prefill_busy_s, s.shape.prefill.units, record.end_s), record.prefill_steps);
  }
  text += fmt::format("decode busy      {:9.1f}%   {} steps\n",
                      100 * use(record.decode_busy_s, s.shape.decode.units, record.end_s), record.decode_steps);
  text += fmt::format("KV cache held    {:9.1f}%   at most {:.1f}% of one group's; {} preemptions\n",
                      100 * mean_held(s, result), 100 * record.cache_most / s.shape.decode.cache_tokens,
                      record.preemptions);
  if (record.moved_tokens > 0) {
    text += transfer_text(s, result, r);
  }
  return text;
}

}  // namespace

namespace {

std::string epochs_text(const ServingScenario& s, const ServingResult& result) {
  if (s.epochs.empty()) return {};
  constexpr auto right = TextTable::Align::right;
  TextTable table{{{"from s", right}, {"failed"}, {"decode step ms", right}}};
  for (std::size_t e = 0; e < s.epochs.size(); ++e) {
    table.add({fmt::format("{:.1f}", s.epochs[e].from_s), s.epochs[e].failed,
               fmt::format("{:.3f}", result.epoch_steps_s[e] * 1e3)});
  }
  return fmt::format("\nthe fabric over time, by a decode step of {} request{} of {:.0f} tokens a group of GPUs\n",
                     result.epoch_load.requests, result.epoch_load.requests == 1 ? "" : "s",
                     result.epoch_load.context) +
         table.to_text();
}

}  // namespace

std::string serving_text(const ServingScenario& s, const ServingResult& result, const ServingReport& r) {
  const ServiceRecord& record = result.record;
  std::string text = asked(s, record, r) + latencies(r) + use_of_pools(s, result, r);
  text += fmt::format("the slowest 1% of TTFT: {:.1f} ms queueing, {:.1f} prefill, {:.1f} transfer", r.slow_queue_ms,
                      r.slow_prefill_ms, r.slow_transfer_ms);
  text += s.shape.admission.stream_tokens > 1
              ? fmt::format(", {:.1f} until {} tokens are sent\n", r.slow_stream_ms, s.shape.admission.stream_tokens)
              : "\n";
  if (record.grows) {
    text += fmt::format(
        "OVERLOADED: the queue grows without end, since {:.1f} s; percentiles depend on how long one "
        "looks\n",
        record.grows_since_s);
  }
  text += fmt::format("steps: {} simulated, {} interpolated", result.surface.simulated, result.surface.interpolated);
  const Percentiles errors = percentiles(result.surface.errors);
  if (errors.any()) text += fmt::format(", off by {:.2f}% at nine of ten points left out", 100 * errors.p90);
  return text + '\n' + epochs_text(s, result);
}

namespace {

void put_epochs(const ServingScenario& s, const ServingResult& result, Json& json) {
  if (s.epochs.empty()) return;
  json["epochs"] = Json::array();
  for (std::size_t e = 0; e < s.epochs.size(); ++e) {
    json["epochs"].push_back(
        {{"from_s", s.epochs[e].from_s}, {"failed", s.epochs[e].failed}, {"step_ms", result.epoch_steps_s[e] * 1e3}});
  }
  json["epoch_load"] = {{"requests_per_group", result.epoch_load.requests},
                        {"context_tokens", result.epoch_load.context}};
}

void put_rates(const ServingScenario& s, const ServingReport& r, Json& json) {
  json["ttft_ms"] = json_of(r.ttft_ms);
  json["tpot_ms"] = json_of(r.tpot_ms);
  json["itl_ms"] = json_of(r.itl_ms);
  json["e2e_ms"] = json_of(r.e2e_ms);
  json["queue_ms"] = json_of(r.queue_ms);
  json["goodput_requests_per_s"] = r.goodput_per_s;
  json["requests_per_s"] = r.requests_per_s;
  json["output_tokens_per_s"] = r.output_tokens_per_s;
  json["output_tokens_per_s_per_gpu"] = r.output_tokens_per_s / s.gpus;
  json["output_tokens_per_s_per_decode_gpu"] = r.output_tokens_per_s / s.decode_gpus;
}

void put_use(const ServingScenario& s, const ServingResult& result, const ServingReport& r, Json& json) {
  const ServiceRecord& record = result.record;
  json["requests"] = {{"arrived", record.requests.size()},
                      {"finished", r.finished},
                      {"in_flight", static_cast<int>(record.requests.size()) - r.finished},
                      {"good", r.good}};
  json["kv_occupancy"] = {{"mean", mean_held(s, result)},
                          {"max", record.cache_most / s.shape.decode.cache_tokens},
                          {"capacity_tokens_per_group", s.shape.decode.cache_tokens}};
  json["preemptions"] = record.preemptions;
  const TransferFacts& t = result.transfer;
  const double each = r.finished > 0 ? 1e3 / r.finished : 0;
  json["kv_transfer"] = {{"bytes", record.moved_tokens * s.moved_bytes_per_token.value},
                         {"ms_mean", record.moved_s * each},
                         {"alone_ms", t.alone_s * each},
                         {"beside_steps_ms", (t.shared_s - t.alone_s) * each},
                         {"behind_others_ms", record.behind_s * each},
                         {"slows_decode", t.slowdown() > 1},
                         {"decode_slowdown", t.slowdown() - 1},
                         {"tpot_ms", r.tpot_ms.mean * (1 - 1 / t.slowdown())},
                         {"link_share", transfer_share(s, result)}};
  json["utilisation"] = {
      {"prefill", s.prefill ? Json(use(record.prefill_busy_s, s.shape.prefill.units, record.end_s)) : Json(nullptr)},
      {"decode", use(record.decode_busy_s, s.shape.decode.units, record.end_s)}};
}

}  // namespace

Json serving_json(const ServingScenario& s, const ServingResult& result, const ServingReport& r) {
  const ServiceRecord& record = result.record;
  Json json;
  json["scenario"] = s.name;
  json["model"] = s.decode.model.name;
  json["accelerator"] = s.decode.accelerator.name;
  json["fabric"] = s.decode.fabric;
  json["gpus"] = s.gpus;
  json["placement"] = s.decode.layout.apart() ? "attention-ffn" : s.prefill ? "disaggregated" : "co-located";
  put_rates(s, r, json);
  put_use(s, result, r, json);
  put_epochs(s, result, json);
  json["in_system_mean"] = record.end_s > 0 ? record.in_system_s / record.end_s : 0.0;
  json["ttft_p99_ms"] = {{"queue", r.slow_queue_ms},
                         {"prefill", r.slow_prefill_ms},
                         {"transfer", r.slow_transfer_ms},
                         {"stream", r.slow_stream_ms}};
  json["overloaded"] = record.grows;
  const Percentiles errors = percentiles(result.surface.errors);
  json["overloaded_since_s"] = record.grows ? Json(record.grows_since_s) : Json(nullptr);
  json["surface"] = {{"simulated", result.surface.simulated},
                     {"interpolated", result.surface.interpolated},
                     {"error_p90", errors.any() ? Json(errors.p90) : Json(nullptr)}};
  json["span_s"] = r.span_s;
  json["warnings"] = s.decode.model.reading.warnings;
  json["seed"] = s.decode.seed;
  json["version"] = version;
  return json;
}

std::string requests_csv(const ServingResult& result) {
  std::string text =
      "arrival_s,prompt_tokens,cached_tokens,output_tokens,prefill_s,prefilled_s,first_token_s,decode_s,end_s,"
      "preemptions,first_seen_s\n";
  for (const Served& r : result.record.requests) {
    text += fmt::format("{:.9g},{},{},{},{:.9g},{:.9g},{:.9g},{:.9g},{:.9g},{},{:.9g}\n", r.arrival.at_s,
                        r.arrival.prompt_tokens, r.arrival.cached_tokens, r.arrival.output_tokens, r.prefill_s,
                        r.prefilled_s, r.moved_s, r.decode_s, r.end_s, r.preemptions, r.seen_s);
  }
  return text;
}

std::string series_csv(const ServingResult& result) {
  std::string text = "time_s,waiting,prefilling,moving,decoding,cache_tokens,decode_step_ms\n";
  for (const ServiceSample& s : result.record.samples) {
    text += fmt::format("{:.9g},{},{},{},{},{:.0f},{}\n", s.at_s, s.waiting, s.prefilling, s.moving, s.decoding,
                        s.cache_tokens, s.decode_step_s > 0 ? fmt::format("{:.6g}", s.decode_step_s * 1e3) : "");
  }
  return text;
}

}  // namespace teapot

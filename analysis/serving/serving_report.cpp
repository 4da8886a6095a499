// Summing up a service.
// Does not print.

#include "analysis/serving/serving_report.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace teapot {
namespace {

/// TTFT of those above the 99th percentile, by where it passed.
void slow_parts(const std::vector<Served>& requests, ServingReport& report) {
  int count = 0;
  for (const Served& r : requests) {
    if (!r.finished() || (r.seen_s - r.arrival.at_s) * 1e3 < report.ttft_ms.p99) continue;
    ++count;
    report.slow_queue_ms += (r.prefill_s - r.arrival.at_s) * 1e3;
    report.slow_prefill_ms += (r.prefilled_s - r.prefill_s) * 1e3;
    report.slow_transfer_ms += (r.moved_s - r.prefilled_s) * 1e3;
    report.slow_stream_ms += (r.seen_s - r.moved_s) * 1e3;
  }
  if (count == 0) return;
  report.slow_queue_ms /= count;
  report.slow_prefill_ms /= count;
  report.slow_transfer_ms /= count;
  report.slow_stream_ms /= count;
}

}  // namespace

double tpot_s(const Served& r) { return r.tokens > 1 ? (r.end_s - r.moved_s) / static_cast<double>(r.tokens - 1) : 0; }

Percentiles percentiles(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) {
    const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
    return values[std::max<std::size_t>(rank, 1) - 1];
  };
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {sum / static_cast<double>(values.size()), at(0.5), at(0.9), at(0.99)};
}

ServingReport serving_report(const ServingScenario& scenario, const ServingResult& result) {
  ServingReport report;
  std::vector<double> ttft;
  std::vector<double> tpot;
  std::vector<double> e2e;
  std::vector<double> queue;
  double tokens = 0;
  for (const Served& r : result.record.requests) {
    if (!r.finished()) continue;
    ++report.finished;
    tokens += r.tokens;
    ttft.push_back((r.seen_s - r.arrival.at_s) * 1e3);
    if (r.tokens > 1) tpot.push_back(tpot_s(r) * 1e3);
    e2e.push_back((r.end_s - r.arrival.at_s) * 1e3);
    queue.push_back((r.prefill_s - r.arrival.at_s + std::max(0.0, r.decode_s - r.moved_s)) * 1e3);
    const bool in_time = !scenario.limits.ttft || ttft.back() <= scenario.limits.ttft->value * 1e3;
    const bool fast = !scenario.limits.tpot || tpot_s(r) <= scenario.limits.tpot->value;
    report.good += in_time && fast ? 1 : 0;
  }
  report.ttft_ms = percentiles(std::move(ttft));
  report.tpot_ms = percentiles(std::move(tpot));
  report.e2e_ms = percentiles(std::move(e2e));
  report.queue_ms = percentiles(std::move(queue));
  const GapHistogram& gaps = result.record.gaps;
  if (gaps.any()) {
    report.itl_ms = {gaps.mean_s() * 1e3, gaps.percentile_s(0.5) * 1e3, gaps.percentile_s(0.9) * 1e3,
                     gaps.percentile_s(0.99) * 1e3};
  }
  report.span_s = result.record.end_s;
  if (report.span_s > 0) {
    report.requests_per_s = report.finished / report.span_s;
    report.goodput_per_s = report.good / report.span_s;
    report.output_tokens_per_s = tokens / report.span_s;
  }
  slow_parts(result.record.requests, report);
  return report;
}

}  // namespace teapot

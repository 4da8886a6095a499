// Reading `requests:`.
// Knows not who serves them.

#include <fmt/format.h>

#include <charconv>

#include "sim/input_file.hpp"
#include "workloads/serving/arrivals.hpp"

namespace teapot {
namespace {

/// "40 /s", "40/s" or "2400 /min"; a bare number has no unit, and is refused.
double read_rate(const Config& value) {
  const auto text = value.as<std::string>();
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit{parsed.ptr, text.data() + text.size()};
  unit.erase(0, unit.find_first_not_of(' '));
  const double scale = unit == "/s" ? 1 : unit == "/min" ? 1.0 / 60 : unit == "/h" ? 1.0 / 3600 : 0;
  if (parsed.ec != std::errc{} || scale == 0 || !(number > 0) || !(number * scale < 1e7) || number * scale < 1e-9) {
    value.fail("expected from 1e-9 to 1e7 requests a second, with their unit, such as 40 /s, got " + in_quotes(text));
  }
  return number * scale;
}

void read_process(const Config& arrivals, ArrivalProcess& p) {
  const char* kinds[] = {"poisson", "constant", "gamma", "concurrency", "trace"};
  std::vector<std::string> given;
  for (const char* kind : kinds) {
    if (arrivals.has(kind)) given.emplace_back(kind);
  }
  if (given.size() != 1) {
    arrivals.fail(
        "expected one of poisson, constant, gamma (a rate such as 40 /s), concurrency (a number) or trace (a "
        "file)");
  }
  const Config value = arrivals.at(given[0]);
  if (given[0] == "concurrency") {
    p.kind = ArrivalProcess::Kind::closed_loop;
    p.concurrency = value.as_positive<int>();
    if (p.concurrency > 1'000'000) value.fail("must be at most 1,000,000");
  } else if (given[0] == "trace") {
    p.kind = ArrivalProcess::Kind::trace;
    p.trace = read_trace(beside(value.tree().place, value.as<std::string>()));
  } else {
    p.kind = given[0] == "poisson"    ? ArrivalProcess::Kind::poisson
             : given[0] == "constant" ? ArrivalProcess::Kind::constant
                                      : ArrivalProcess::Kind::gamma;
    p.rate_per_s = read_rate(value);
  }
  p.burstiness = arrivals.positive_or<double>("burstiness", 1);
  if (!(p.burstiness >= 1e-6 && p.burstiness <= 1e4))
    arrivals.at("burstiness").fail(fmt::format("must be from 1e-6 to 10,000, got {:g}", p.burstiness));
  if (arrivals.has("burstiness") && p.kind != ArrivalProcess::Kind::gamma) {
    arrivals.at("burstiness").fail("is of gamma arrivals");
  }
}

Distribution length(const Config& requests, const char* key, double fallback) {
  Distribution d;
  d.mean = fallback;
  if (requests.has(key)) d = read_distribution(requests.at(key));
  if (d.fixed() && d.mean < 1) requests.at(key).fail("must be at least 1");
  if (d.mean > 1e7) requests.at(key).fail("must be at most 10,000,000 tokens");
  return d;
}

}  // namespace

double read_span(const Config& value, double least_s) {
  const auto text = value.as<std::string>();
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit{parsed.ptr, text.data() + text.size()};
  unit.erase(0, unit.find_first_not_of(' '));
  const bool long_unit = parsed.ec == std::errc{} && (unit == "min" || unit == "h");
  const double seconds = long_unit ? number * (unit == "min" ? 60 : 3600) : value.as_non_negative<Seconds>().value;
  if (!(seconds >= least_s && seconds <= 1e9)) {
    value.fail(fmt::format("must be from {} to 1e9 s, got {}", least_s > 0 ? "1 us" : "0", in_quotes(text)));
  }
  return seconds;
}

ArrivalProcess read_arrivals(const Config& requests, std::uint64_t seed) {
  ArrivalProcess p;
  p.seed = seed;
  if (!requests.has("arrivals")) requests.fail("missing key \"arrivals\" (such as {poisson: 40 /s})");
  read_process(requests.at("arrivals"), p);
  p.prompt = length(requests, "prompt_tokens", 4096);
  p.output = length(requests, "output_tokens", 1024);
  p.cached_fraction = requests.fraction_or("cached_fraction", 0);
  if (requests.has("duration")) p.duration_s = read_span(requests.at("duration"), 1e-6);
  if (requests.has("count")) {
    const int count = requests.positive<int>("count");
    if (count > 5'000'000) requests.at("count").fail("must be at most 5,000,000");
    p.most = count;
  }
  if (p.kind == ArrivalProcess::Kind::trace) {
    if (p.trace.size() > static_cast<std::size_t>(p.most)) p.trace.resize(static_cast<std::size_t>(p.most));
    for (const char* key : {"prompt_tokens", "output_tokens", "cached_fraction"}) {
      if (requests.has(key)) requests.at(key).fail("comes from the trace");
    }
    if (requests.has("duration")) {
      std::erase_if(p.trace, [&](const Arrival& a) { return a.at_s >= p.duration_s; });
    }
  } else if (p.kind != ArrivalProcess::Kind::closed_loop && p.rate_per_s * p.duration_s > 5e6) {
    requests.fail(fmt::format("{:.3g} requests are more than 5,000,000", p.rate_per_s * p.duration_s));
  }
  return p;
}

}  // namespace teapot

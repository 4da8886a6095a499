// Serving: queues, batches and caches over time, with steps of known length.

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <cstdio>
#include <fstream>

#include "workloads/serving/service.hpp"

using namespace teapot;

namespace {

ArrivalProcess process(const std::string& text) { return read_arrivals(Config::parse(text, "s.yaml"), 1); }

ServiceTimes constant(double prefill, double decode) {
  return {[=](const StepLoad&) { return prefill; }, [=](const StepLoad&) { return decode; }, {}};
}

double mean_wait(const ServiceRecord& record) {
  double sum = 0;
  for (const Served& r : record.requests) sum += r.prefill_s - r.arrival.at_s;
  return sum / static_cast<double>(record.requests.size());
}

ArrivalProcess random_process() {
  ArrivalProcess p;
  p.kind = *rc::gen::element(ArrivalProcess::Kind::poisson, ArrivalProcess::Kind::constant, ArrivalProcess::Kind::gamma,
                             ArrivalProcess::Kind::closed_loop);
  p.rate_per_s = *rc::gen::inRange(1, 20);
  p.burstiness = *rc::gen::inRange(1, 5);
  p.concurrency = *rc::gen::inRange(1, 40);
  p.cached_fraction = *rc::gen::inRange(0, 10) / 10.0;
  p.duration_s = 20;
  p.prompt = {Distribution::Kind::uniform, 500, 1, 1000, 0, {}, 1};
  p.output = {Distribution::Kind::uniform, 50, 1, 100, 0, {}, 1};
  p.seed = static_cast<std::uint64_t>(*rc::gen::inRange(1, 1000));
  return p;
}

ServiceShape random_shape() {
  ServiceShape s;
  s.apart = *rc::gen::inRange(0, 2) == 1;
  s.prefill = {*rc::gen::inRange(1, 4), *rc::gen::inRange(1, 4), 1, *rc::gen::inRange(100, 2000), 1e9};
  s.decode = {*rc::gen::inRange(1, 4), *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 16), *rc::gen::inRange(64, 2000),
              static_cast<double>(*rc::gen::inRange(1200, 4000))};
  if (*rc::gen::inRange(0, 2) == 1) s.acceptance = {0.8, 0.5};
  s.admission = {*rc::gen::inRange(0, 3), *rc::gen::inRange(1, 12), *rc::gen::inRange(0, 8), *rc::gen::inRange(1, 12)};
  return s;
}

ServiceTimes random_times() {
  ServiceTimes t;
  t.prefill = [](const StepLoad& l) { return 1e-3 + 1e-5 * l.new_tokens; };
  t.decode = [](const StepLoad& l) {
    return 5e-3 + 1e-4 * l.requests + 1e-8 * l.requests * l.context + 1e-5 * l.new_tokens;
  };
  t.move_cache = [](int tokens, const StepLoad&) { return 1e-3 + 1e-6 * tokens; };
  return t;
}

}  // namespace

TEST_CASE("serving: a queue before one server of constant time waits as the M/D/1 formula says") {
  // rho s / (2 (1 - rho)): 0.1 s a prompt, 7 a second. One prompt fills a step.
  ArrivalProcess p = process("{arrivals: {poisson: 7 /s}, prompt_tokens: 100, output_tokens: 1, duration: 40000 s}");
  ServiceShape shape;
  shape.prefill.max_new_tokens = 100;
  const ServiceRecord record = serve(p, shape, constant(0.1, 0.01));
  CHECK(record.requests.size() > 270'000);
  CHECK(mean_wait(record) == doctest::Approx(0.7 * 0.1 / (2 * 0.3)).epsilon(0.02));
  CHECK_FALSE(record.grows);
}

TEST_CASE("serving: steps that start while times are longer are longer, and no others") {
  ArrivalProcess p = process("{arrivals: {concurrency: 4}, prompt_tokens: 100, output_tokens: 50, duration: 90 s}");
  ServiceShape shape;
  const std::vector<TimesFrom> times{{0, constant(0.01, 0.02)}, {30, constant(0.01, 0.05)}, {60, constant(0.01, 0.02)}};
  const ServiceRecord record = serve(p, shape, times);
  for (const ServiceSample& s : record.samples) {
    if (s.at_s > 30.5 && s.at_s < 60) CHECK(s.decode_step_s == doctest::Approx(0.05).epsilon(1e-9));
    if ((s.at_s > 1 && s.at_s < 30) || s.at_s > 60.5) CHECK(s.decode_step_s == doctest::Approx(0.02).epsilon(1e-9));
  }
  CHECK(serve(p, shape, constant(0.01, 0.02)).requests.size() > record.requests.size());
}

TEST_CASE("serving: a load above what can be served grows without end, and says since when") {
  ArrivalProcess p = process("{arrivals: {poisson: 12 /s}, prompt_tokens: 100, output_tokens: 1, duration: 200 s}");
  ServiceShape shape;
  shape.prefill.max_new_tokens = 100;
  const ServiceRecord record = serve(p, shape, constant(0.1, 0.01));
  CHECK(record.grows);
  CHECK(record.grows_since_s < 60);
}

TEST_CASE("serving: at low load a token takes one step, whichever the placement") {
  const ArrivalProcess p =
      process("{arrivals: {constant: 1 /s}, prompt_tokens: 100, output_tokens: 50, duration: 20 s}");
  for (const bool apart : {true, false}) {
    ServiceShape shape;
    shape.apart = apart;
    const ServiceRecord record = serve(p, shape, constant(0.02, 0.01));
    REQUIRE(record.requests.size() == 20);
    for (const Served& r : record.requests) {
      CHECK(r.tokens == 50);
      CHECK((r.end_s - r.moved_s) / 49 == doctest::Approx(0.01).epsilon(1e-9));
      CHECK(r.moved_s - r.arrival.at_s == doctest::Approx(apart ? 0.02 : 0.01).epsilon(1e-9));
    }
    CHECK(record.gaps.mean_s() == doctest::Approx(0.01).epsilon(1e-9));
    CHECK(record.gaps.percentile_s(0.5) == doctest::Approx(0.01).epsilon(0.002));
  }
}

TEST_CASE("serving: whatever comes, all is served, Little's law holds and no cache overflows") {
  CHECK(rc::check("random services", [] {
    const ArrivalProcess p = random_process();
    const ServiceShape shape = random_shape();
    const ServiceRecord record = serve(p, shape, random_times());
    double in_system = 0;
    for (const Served& r : record.requests) {
      RC_ASSERT(fits(r.arrival, shape));
      RC_ASSERT(r.finished());
      RC_ASSERT(r.tokens == r.arrival.output_tokens);
      RC_ASSERT(r.arrival.at_s <= r.prefill_s);
      RC_ASSERT(r.prefill_s < r.prefilled_s);
      RC_ASSERT(r.moved_s <= r.seen_s);
      RC_ASSERT(r.seen_s <= r.end_s);
      in_system += r.end_s - r.arrival.at_s;
    }
    RC_ASSERT(std::abs(in_system - record.in_system_s) <= 1e-9 * std::max(1.0, in_system));
    RC_ASSERT(record.cache_most <= shape.decode.cache_tokens);
    RC_ASSERT(record.prefill_busy_s <= record.end_s * shape.prefill.units * (1 + 1e-12));
    RC_ASSERT(record.decode_busy_s <= record.end_s * shape.decode.units * (1 + 1e-12));
  }));
}

TEST_CASE("serving: drafts are accepted as often as they should be") {
  const ArrivalProcess p =
      process("{arrivals: {concurrency: 8}, prompt_tokens: 10, output_tokens: 2000, duration: 1 s}");
  ServiceShape shape;
  shape.acceptance = {0.8};
  const ServiceRecord record = serve(p, shape, constant(0.01, 0.01));
  // 1.8 tokens a step; 8 x 1,111 steps of deviation 0.4: five standard errors.
  CHECK(std::abs(record.gaps.mean_s() - 0.01 / 1.8) < 5 * 0.4 / std::sqrt(8 * 1111.0) * 0.01);
}

TEST_CASE("arrivals: each process has its rate, and gamma its burstiness") {
  for (const char* kind : {"poisson: 50 /s", "constant: 3000 /min", "gamma: 50 /s, burstiness: 4"}) {
    const auto all = arrivals(process(std::string{"{arrivals: {"} + kind + "}, duration: 10 min}"));
    CAPTURE(kind);
    // 30,000 arrivals; the deviation of their number is at most sqrt(4 x 30,000): five of them.
    CHECK(std::abs(static_cast<double>(all.size()) - 30'000) < 5 * std::sqrt(4.0 * 30'000));
  }
}

TEST_CASE("traces: the published forms are read, and times count from the first") {
  const auto read = [](const std::string& text) {
    const std::string file = "serving_trace_test.csv";
    std::ofstream{file} << text;
    const auto all = read_trace(file);
    std::remove(file.c_str());
    return all;
  };
  const auto azure =
      read("TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:15:46.5,374,44\n2023-11-16 18:16:50.0,396,109\n");
  REQUIRE(azure.size() == 2);
  CHECK(azure[1].at_s == doctest::Approx(63.5).epsilon(1e-9));
  CHECK(azure[1].prompt_tokens == 396);
  const auto burst = read(
      "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation "
      "log\n45,ChatGPT,1087,0,1087,Conversation log\n118,GPT-4,417,276,693,API log\n");
  REQUIRE(burst.size() == 2);  // a request that was not answered is passed over
  CHECK(burst[1].at_s == 113);
  const auto mooncake = read(
      "{\"timestamp\": 1000, \"input_length\": 1200, \"output_length\": 52, \"hash_ids\": [1, 2, 3]}\n{\"timestamp\": "
      "4000, \"input_length\": 1300, \"output_length\": 26, \"hash_ids\": [1, 2, 4]}\n");
  REQUIRE(mooncake.size() == 2);
  CHECK(mooncake[0].cached_tokens == 0);
  CHECK(mooncake[1].cached_tokens == 1024);
  CHECK(mooncake[1].at_s == 3);
}

TEST_CASE("traces and arrivals: each mistake is one line at its place") {
  const auto trace_error = [](const std::string& text) -> std::string {
    const std::string file = "serving_trace_test.csv";
    std::ofstream{file} << text;
    std::string what;
    try {
      read_trace(file);
    } catch (const ConfigError& e) {
      what = e.what();
    }
    std::remove(file.c_str());
    return what;
  };
  CHECK(trace_error("") == "serving_trace_test.csv: is empty");
  CHECK(trace_error("arrival_s,prompt_tokens,output_tokens\n") == "serving_trace_test.csv: holds no request");
  CHECK(trace_error("arrival_s,prompt_tokens\n1,2\n") == "serving_trace_test.csv:1: missing column \"output_tokens\"");
  CHECK(trace_error("arrival_s,prompt_tokens,output_tokens\n2,5,5\n1,5,5\n") ==
        "serving_trace_test.csv:3: its time is before that of the line above");
  CHECK(trace_error("arrival_s,prompt_tokens,output_tokens\n2,0,5\n") ==
        "serving_trace_test.csv:2: prompt_tokens: expected a whole number from 1 to 10000000, got \"0\"");
  CHECK(trace_error("arrival_s,prompt_tokens,output_tokens\nnow,3,5\n") ==
        "serving_trace_test.csv:2: expected a time in seconds or as 2023-11-16 18:15:46.68, got \"now\"");
  CHECK(trace_error("{\"timestamp\": 1, \"input_length\": 5}\n").find("serving_trace_test.csv:1: ") == 0);
  CHECK_THROWS_AS(process("{arrivals: {poisson: 40}}"), ConfigError);
  CHECK_THROWS_AS(process("{arrivals: {poisson: -4 /s}}"), ConfigError);
  CHECK_THROWS_AS(process("{arrivals: {poisson: 4 /s, constant: 3 /s}}"), ConfigError);
  CHECK_THROWS_AS(process("{arrivals: {poisson: 4 /s}, prompt_tokens: 0}"), ConfigError);
  CHECK_THROWS_AS(process("{prompt_tokens: 5}"), ConfigError);
  CHECK_THROWS_AS(process("{arrivals: {trace: no-such-file.csv}}"), ConfigError);
}

namespace {

/// A closed loop whose outputs differ, so that its places drift apart.
ServiceRecord loop(const Admission& admission, int places, int each) {
  ArrivalProcess p;
  p.kind = ArrivalProcess::Kind::closed_loop;
  p.concurrency = places;
  p.most = static_cast<std::int64_t>(places) * each;
  p.duration_s = 1e9;
  p.prompt = {Distribution::Kind::fixed, 1000, 0, 0, 0, {}, 1};
  p.output = {Distribution::Kind::uniform, 900, 800, 1000, 0, {}, 1};
  ServiceShape shape;
  shape.apart = false;
  shape.decode.max_new_tokens = admission.wait_steps > 0 ? 100'000 : 1000;  // a prompt fills a step, where none waits
  shape.admission = admission;
  ServiceTimes times;
  times.decode = [](const StepLoad& l) { return l.new_tokens > 0 ? 0.05 : 0.01; };
  return serve(p, shape, times);
}

double mean_seen(const ServiceRecord& record) {
  double sum = 0;
  for (const Served& r : record.requests) sum += r.seen_s - r.arrival.at_s;
  return sum / static_cast<double>(record.requests.size());
}

}  // namespace

TEST_CASE("serving: steps ahead, polls, waits and streamed tokens delay the first token as the closed form says") {
  // Prompts take 4 x 0.05 / (0.2 + 9) of the time: steps are longer by that in the mean.
  const double step = 0.01 / (1 - 4 * 0.05 / (4 * 0.05 + 9));
  for (const Admission& a : {Admission{}, Admission{1, 1, 0, 1}, Admission{1, 10, 0, 1}, Admission{1, 1, 20, 1},
                             Admission{1, 1, 0, 10}, Admission{1, 10, 0, 10}, Admission{1, 30, 0, 10}}) {
    CAPTURE(a.poll_steps);
    CAPTURE(a.wait_steps);
    CAPTURE(a.stream_tokens);
    const ServiceRecord record = loop(a, 4, 100);
    CHECK(mean_seen(record) == doctest::Approx(first_token_s(a, 0.05, step, 4, 100)).epsilon(0.06));
  }
}

TEST_CASE("serving: all places that begin at once wait for one another's prompts") {
  // One request each: the first waits for none, the last for three prompts.
  CHECK(mean_seen(loop({}, 4, 1)) == doctest::Approx(0.05 * (1 + 1.5)).epsilon(1e-9));
}

TEST_CASE("serving: tokens that are sent together are seen together, and an answer that is shorter when it ends") {
  const ServiceRecord record = loop({0, 1, 0, 10}, 1, 3);
  for (const Served& r : record.requests) CHECK(r.seen_s - r.moved_s == doctest::Approx(0.09).epsilon(1e-9));
  ArrivalProcess p = process("{arrivals: {constant: 1 /s}, prompt_tokens: 100, output_tokens: 5, duration: 20 s}");
  for (const bool apart : {true, false}) {
    ServiceShape shape;
    shape.apart = apart;
    shape.admission.stream_tokens = 10;
    for (const Served& r : serve(p, shape, constant(0.02, 0.01)).requests) CHECK(r.seen_s == r.end_s);
  }
}

TEST_CASE("serving: a closed loop that is told a count serves as many, whatever its duration") {
  CHECK(loop({}, 4, 25).requests.size() == 100);
  CHECK(serve(process("{arrivals: {poisson: 5 /s}, count: 7, prompt_tokens: 10, output_tokens: 2}"), {},
              constant(0.1, 0.1))
            .requests.size() == 7);
}

TEST_CASE("serving: every cache that moves while its unit decodes without pause comes beside one of its steps") {
  const ArrivalProcess p =
      process("{arrivals: {constant: 50 /s}, prompt_tokens: 100, output_tokens: 2000, duration: 10 s}");
  ServiceShape shape;
  shape.decode.max_requests = 10'000;
  double arriving = 0;
  ServiceTimes times = constant(0.01, 0.01);
  times.decode = [&arriving](const StepLoad& load) {
    arriving += load.arriving;
    return 0.01;
  };
  times.move_cache = [](int, const StepLoad&) { return 0.002; };
  const ServiceRecord record = serve(p, shape, times);
  // The first cache came before anything decoded.
  CHECK(arriving == doctest::Approx(record.moved_tokens - 100).epsilon(1e-12));
}

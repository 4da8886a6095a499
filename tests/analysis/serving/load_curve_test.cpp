// One server of constant time under several loads: the knee, the most load within limits, and its trace.
// Simulates no step.

#include "analysis/serving/load_curve.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "analysis/serving/serving_report.hpp"
#include "analysis/serving/serving_trace.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;

namespace {

/// One server that takes 0.1 s for each prompt: at load 1, 10 of them come a second.
ServingScenario one_server(const std::string& duration) {
  ServingScenario s;
  s.gpus = 1;
  s.arrivals = read_arrivals(Config::parse("{arrivals: {poisson: 10 /s}, prompt_tokens: 100, output_tokens: 1, "
                                           "duration: " +
                                               duration + "}",
                                           "s.yaml"),
                             1);
  s.shape.prefill.max_new_tokens = 100;
  return s;
}

ServingResult serve_at_once(const ServingScenario& s) {
  ServiceTimes times;
  times.prefill = [](const StepLoad&) { return 0.1; };
  times.decode = [](const StepLoad&) { return 0.01; };
  ServingResult result;
  result.record = serve(s.arrivals, s.shape, times);
  return result;
}

}  // namespace

TEST_CASE("load curve: the knee of one server of constant time is near its most power, rho = 2 - sqrt(2)") {
  const LoadCurve curve = load_curve(one_server("20000 s"), {0.8, 0.4, 0.5, 0.6, 0.7, 0.95, 1.2}, serve_at_once);
  REQUIRE(curve.points.size() == 7);
  CHECK(curve.points[curve.knee].load == 0.6);
  CHECK(curve.points[3].report.e2e_ms.mean == doctest::Approx(100 + 0.7 * 100 / (2 * 0.3)).epsilon(0.02));
  CHECK(curve.points[3].load == 0.7);
  CHECK(curve.points[6].grows);
  CHECK(load_text(curve).find("knee: load 0.6, 6 requests/s") != std::string::npos);
  CHECK(load_json(curve).at("knee").at("load") == 0.6);
}

TEST_CASE("most load: keeps the limits, and 1% more does not") {
  ServingScenario s = one_server("5000 s");
  s.limits.ttft = Seconds{0.5};
  for (const double part : {0.5, 0.99}) {
    const MostLoad most = most_load(s, part, serve_at_once);
    REQUIRE(most.best);
    CHECK(most.best->kept() >= part);
    bool above = false;
    for (const LoadPoint& p : most.visited) {
      above = above || (p.load > most.best->load && p.load <= 1.01 * most.best->load && p.kept() < part);
    }
    CHECK(above);
  }
  s.limits.ttft = Seconds{0.05};
  CHECK_FALSE(most_load(s, 0.99, serve_at_once).best);
  s.limits = {};
  CHECK_THROWS_AS(most_load(s, 0.99, serve_at_once), ConfigError);
}

TEST_CASE("loads: a closed loop has as many more in flight, a trace comes as much faster") {
  ServingScenario s = one_server("10 s");
  s.arrivals.kind = ArrivalProcess::Kind::closed_loop;
  s.arrivals.concurrency = 10;
  CHECK(at_load(s, 0.25).arrivals.concurrency == 3);
  s.arrivals.kind = ArrivalProcess::Kind::trace;
  s.arrivals.trace = {{0, 5, 0, 1}, {8, 5, 0, 1}};
  CHECK(at_load(s, 2).arrivals.trace[1].at_s == 4);
  s.shape.decode.cache_tokens = 3;
  CHECK_THROWS_AS(at_load(s, 2), ConfigError);
}

TEST_CASE("service trace: shows some of the requests, spread over all, and says how many") {
  const ServingScenario s = one_server("100 s");
  const ServingResult result = serve_at_once(s);
  const std::string said = write_service_trace("service_test.json", s, result);
  std::ifstream file{"service_test.json"};
  const auto trace = nlohmann::json::parse(file);
  std::set<std::string> slices;
  std::set<std::string> counters;
  int tracks = 0;
  for (const auto& event : trace.at("traceEvents")) {
    if (event.at("ph") == "X") slices.insert(event.at("name").get<std::string>());
    if (event.at("ph") == "C") counters.insert(event.at("name").get<std::string>());
    tracks += event.at("name") == "thread_name" ? 1 : 0;
  }
  CHECK(tracks <= 400);
  CHECK(tracks > 200);
  CHECK(slices.count("queue") == 1);
  CHECK(slices.count("prefill") == 1);
  CHECK(counters.count("in the queue") == 1);
  CHECK(counters.count("KV cache held") == 1);
  CHECK(said.find(std::to_string(tracks) + " of " + std::to_string(result.record.requests.size())) !=
        std::string::npos);
  std::filesystem::remove("service_test.json");
}

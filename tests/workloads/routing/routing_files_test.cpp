// Loads and choices of experts as files have them.
// Knows no exchange.

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>

#include "workloads/routing/gate.hpp"
#include "workloads/routing/loads.hpp"

using namespace teapot;

TEST_CASE("routing: loads come from a CSV, and its mistakes are named by line") {
  const auto read = [](const std::string& text) {
    const std::string file = "loads_test.csv";
    std::ofstream{file} << text;
    struct Remove {
      std::string name;
      ~Remove() { std::remove(name.c_str()); }
    } remove{file};
    return read_expert_loads(file, 4);
  };
  CHECK(read("layer,expert,load\n3,0,2\n3,1,6\n5,2,1\n").at(3) == std::vector<double>{2, 6, 0, 0});
  CHECK(read("expert,load\n3,2\n").at(0) == std::vector<double>{0, 0, 0, 2});
  CHECK_THROWS_WITH_AS(read("expert,load\n0,1\n4,2\n"), "loads_test.csv:3: expert 4 is not one of 0 to 3", ConfigError);
  CHECK_THROWS_WITH_AS(read("expert,load\n0,many\n"), "loads_test.csv:2: expected a number of at least 0, got \"many\"",
                       ConfigError);
  CHECK_THROWS_WITH_AS(read("a,b\n"), "loads_test.csv:1: expected a header of expert,load or layer,expert,load",
                       ConfigError);
}

TEST_CASE("routing: a trace of choices is read back as written, and replayed token by token") {
  const ExpertTrace trace{16, 2, {{3, {0, 1, 2, 3, 4, 5}}, {4, {7, 8, 9, 10, 11, 12}}}};
  const std::string file = "trace_test.pb";
  std::ofstream{file, std::ios::binary} << to_bytes(trace);
  const auto read = std::make_shared<const ExpertTrace>(read_expert_trace(file));
  std::remove(file.c_str());
  CHECK(read->layers == trace.layers);
  std::vector<int> seen;
  Chooser::traced({16, 2, 1, 1}, read, 4).each_token(Random{5}, 3, [&](const std::uint16_t* chosen) {
    CHECK(chosen[1] == chosen[0] + 1);
    seen.push_back(chosen[0]);
  });
  std::sort(seen.begin(), seen.end());
  CHECK(seen == std::vector<int>{7, 9, 11});  // three tokens in turn, from wherever it begins
  std::ofstream{file} << "nonsense";
  CHECK_THROWS_AS(read_expert_trace(file), ConfigError);
  std::remove(file.c_str());
}

// What the published measurements say of the model: each case is replayed once for all of these, which run in one
// process.

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>

#include "analysis/validation/groups.hpp"
#include "analysis/validation/page.hpp"
#include "analysis/validation/validation.hpp"
#include "sim/catalogue.hpp"
#include "sim/engine.hpp"

using namespace teapot;

namespace {

const Validation& replayed(const std::string& name) {
  static std::map<std::string, Validation> known;
  keep_engine();
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  return known.emplace(name, validate(home() + "/analysis/validation/cases/" + name + ".yaml")).first->second;
}

/// What the pages show below `$ ./teapot validate`, up to the end of the block.
std::string shown_of_validate() {
  std::vector<std::filesystem::path> pages{home() + "/README.md"};
  for (const auto& page : std::filesystem::directory_iterator{home() + "/docs"}) {
    if (page.path().extension() == ".md") pages.push_back(page.path());
  }
  std::string shown;
  for (const auto& page : pages) {
    std::ifstream stream{page};
    bool inside = false;
    for (std::string line; std::getline(stream, line);) {
      if (line == "$ ./teapot validate") {
        inside = true;
        continue;
      }
      if (line.starts_with("```")) inside = false;
      if (inside) shown += line + '\n';
    }
  }
  return shown;
}

}  // namespace

TEST_CASE("published: the pages show what `validate` prints") {
  std::vector<Validation> cases;
  for (const auto& file : validation_cases()) cases.push_back(replayed(std::filesystem::path{file}.stem().string()));
  CHECK(shown_of_validate() == validation_table(cases) + validation_groups(cases));
}

TEST_CASE("published: DeepEP low latency on H800, pure RDMA, EP 8 to 256") {
  const Validation one = replayed("deepep-low-latency-h800");
  CHECK(one.rows.size() == 12);
  CHECK(one.median() < 0.03);
  CHECK(one.worst() < 0.08);
}

TEST_CASE("published: DeepEP low latency with NVLink within the node, H800") {
  CHECK(replayed("deepep-low-latency-h800-nvlink").worst() < 0.15);
}

TEST_CASE("published: DeepEP low latency with NVLink within the node, H100") {
  const Validation h100 = replayed("deepep-low-latency-h100");
  CHECK(h100.median() < 0.08);
  CHECK(h100.worst() < 0.25);
}

TEST_CASE("published: one-sided exchange on GB200") { CHECK(replayed("nvlink-one-sided-gb200").median() < 0.10); }

TEST_CASE("published: one-sided exchange on GB200 at sizes of the group that no constant was fitted on") {
  const Validation wide = replayed("nvlink-one-sided-gb200-wide");
  CHECK(wide.rows.size() == 50);
  CHECK(wide.holds());
}

TEST_CASE("published: DeepEP's throughput kernels on the multi-plane network") {
  CHECK(replayed("deepep-normal-mpft").worst() < 0.10);
}

TEST_CASE("published: DeepSeek's decode profile, its step and its parts") {
  const Validation one = replayed("deepseek-decode-profile");
  CHECK(one.holds());
  for (const auto& row : one.rows) {
    CAPTURE(row.what);
    if (row.use == Use::bound) continue;  // holds() sees to it: an ideal stack is no slower, by how much is not said
    CHECK(std::abs(row.error()) < (row.what.starts_with("call_us") ? 0.10 : 0.05));
  }
}

TEST_CASE("published: experts of one layer on accelerators whose efficiencies were fitted on another") {
  for (const char* name : {"experts-h200", "experts-b200"}) {
    CAPTURE(name);
    const Validation one = replayed(name);
    CHECK(one.median() < 0.05);
    CHECK(one.holds());
  }
}

TEST_CASE("published: steps, skewed experts and all-to-alls that nothing was fitted on") {
  for (const char* name :
       {"sglang-qwen3-h20", "skewed-experts-h100", "skewed-experts-gb200", "all-to-all-planes-and-rails"}) {
    CAPTURE(name);
    CHECK(replayed(name).holds());
  }
}

TEST_CASE("published: whole steps of wide expert parallelism, of which no constant was solved") {
  for (const char* name : {"sglang-h100", "vllm-h200", "sglang-gb200", "sglang-wide-ep"}) {
    CAPTURE(name);
    CHECK(replayed(name).holds());
  }
}

TEST_CASE("published: the time to the first token of whole servers before which nothing queues") {
  const Validation one = replayed("first-token");
  CHECK(one.rows.size() > 250);
  CHECK(one.holds());  // 20% in the median, and nothing is fitted on it
}

TEST_CASE("validation: every measured serving point is read, and those judged make a scenario that runs") {
  const Validation one = replayed("serving");
  int aside = 0;
  for (const auto& [reason, points] : one.aside) aside += points;
  CHECK(one.rows.size() + static_cast<std::size_t>(aside) == 941);
  CHECK(one.rows.size() > 200);
  const auto groups = error_groups(one);
  CHECK(groups.front().rows == static_cast<int>(one.rows.size()));
  int of_engines = 0;
  for (const auto& group : groups) of_engines += group.tag == "engine" ? group.rows : 0;
  CHECK(of_engines == groups.front().rows);
}

TEST_CASE("validation: PowerInfer's four INT4 models have the published mean of 13.2 tokens/s within a fifth") {
  const Validation one = replayed("powerinfer");  // arXiv 2312.12456, section 8.2
  double measured = 0, simulated = 0;
  for (const auto& row : one.rows) {
    if (row.what.find("q4_0") == std::string::npos) continue;
    measured += 1000 / row.measured / 4;
    simulated += 1000 / row.simulated / 4;
  }
  CHECK(measured == doctest::Approx(13.2).epsilon(0.005));
  CHECK(simulated == doctest::Approx(13.2).epsilon(0.2));
}

// What the user gets wrong: each mistake is one line that says where and what, and a ConfigError (exit code 2).

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "sim/config.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

std::string complaint(const std::string& yaml) {
  try {
    scenario(yaml);
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "accepted";
}

std::string complaint_about_file(const std::string& name, const std::string& content) {
  const auto file = std::filesystem::temp_directory_path() / name;
  std::ofstream{file, std::ios::binary} << content;
  std::string said = "accepted";
  try {
    load_scenario(file.string());
  } catch (const ConfigError& e) {
    said = e.what();
  }
  std::filesystem::remove(file);
  return said.substr(file.string().size() - name.size());
}

}  // namespace

TEST_CASE("errors: a wrong scenario is one clear line with its place") {
  struct Case {
    const char* yaml;
    const char* beginning;
  };
  const Case cases[] = {
      {"modle: deepseek-v3\n", "test.yaml:1:1: unknown key \"modle\" (did you mean \"model\"?"},
      {"decode:\n  ovrlap: none\n", "test.yaml:2:3: decode: unknown key \"ovrlap\" (did you mean \"overlap\"?"},
      {"model: deepsek-v3\n", "test.yaml:1:8: model: unknown model \"deepsek-v3\" (did you mean \"deepseek-v3\"?"},
      {"fabric: {from: h800-mpft, nic_bandwidth: 400}\n",
       "test.yaml:1:42: nic_bandwidth: expected a bandwidth with its unit"},
      {"fabric: {from: h800-mpft, nic_bandwidth: -400 Gbps}\n",
       "test.yaml:1:42: nic_bandwidth: must be above zero, got -400 Gbps"},
      {"deployment: {gpus: 128, expert_parallel: 96}\n", "test.yaml:1:42: deployment.expert_parallel:"},
      {"deployment: {gpus: 4096, expert_parallel: 256}\n",
       "test.yaml:1:20: deployment.gpus: 4096 GPUs, but h800-mpft has 2048"},
      {"deployment: {gpus: 8}\nfabric: {from: h800-mpft, nodes: 1}\n",
       "test.yaml:1:13: deployment: does not fit: weights"},
      {"deployment: {requests_per_gpu: 5000}\n", "test.yaml:1:13: deployment: does not fit: weights"},
      {"platform: nosuch.xml\n", "test.yaml:1:11: platform: no such file: nosuch.xml"},
      {"platform: a.xml\nfabric: h800-mpft\n", "test.yaml:1:11: platform: give either `fabric` or `platform`"},
      {"model: nosuch/config.json\n", "test.yaml:1:8: model: no such file: nosuch/config.json"},
      {"simulation: {network: packets}\n", "test.yaml:1:23: simulation.network: unknown word \"packets\""},
      {"simulation: {seed: -1}\n", "test.yaml:1:20: simulation.seed: must not be negative, got -1"},
      {"decode: {acceptance: 1.2, draft_tokens: 1}\n", "test.yaml:1:22: decode.acceptance:"},
      {"decode: {overlap: triple}\n", "test.yaml:1:19: decode.overlap: unknown"},
      {"decode: 3\n", "test.yaml:1:9: decode: expected a mapping such as {"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.yaml);
    const std::string said = complaint(c.yaml);
    CHECK(said.substr(0, std::string{c.beginning}.size()) == c.beginning);
    CHECK(said.find('\n') == std::string::npos);
  }
}

TEST_CASE("errors: files that are no scenario are named") {
  CHECK(complaint_about_file("empty.yaml", "") == "empty.yaml: is empty");
  CHECK(complaint_about_file("comment.yaml", "# nothing\n") == "comment.yaml: is empty");
  CHECK(complaint_about_file("binary.yaml", std::string("\x7f"
                                                        "ELF\x01\x02\0\0",
                                                        8)) == "binary.yaml: is not a text file (UTF-8)");
  CHECK(complaint_about_file("list.yaml", "[1, 2]\n").substr(0, 34) == "list.yaml: expected keys and value");
  CHECK(complaint_about_file("folder-platform.yaml", "platform: .\n").find("platform") != std::string::npos);
  CHECK(complaint_about_file("bad-platform.yaml", "platform: bad-platform.yaml\n").find("accepted") ==
        std::string::npos);
  CHECK_THROWS_WITH_AS(load_scenario("no/such/file.yaml"), "no/such/file.yaml: no such file", ConfigError);
}

TEST_CASE("errors: --set says what is wrong with it") {
  CHECK_THROWS_WITH_AS(scenario("model: deepseek-v3\n", {"decode.overlap"}),
                       "--set decode.overlap: expected key=value, such as decode.overlap=none", ConfigError);
  CHECK_THROWS_WITH_AS(scenario("model: deepseek-v3\n", {"simulation.seed=many"}),
                       "--set simulation.seed: expected an integer, got \"many\"", ConfigError);
}

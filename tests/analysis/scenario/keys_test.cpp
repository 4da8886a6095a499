// The reference of keys: whole, described, the same in all its forms; and what it finds wrong in a scenario.

#include <doctest/doctest.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "analysis/facts/key_reference.hpp"
#include "analysis/scenario/known_keys.hpp"
#include "analysis/scenario/scenario.hpp"
#include "sim/catalogue.hpp"
#include "tests/analysis/scenarios.hpp"

using namespace teapot;
using namespace teapot::testing;

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream stream{file};
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Words that readers of a scenario name in a call of Config, such as section.positive_or<int>("gpus", ...).
std::set<std::string> keys_in_sources() {
  const std::regex read{
      R"rx((?:\.|->)(?:has|at|section|get|get_or|positive|positive_or|non_negative|non_negative_or|fraction|fraction_or|choice|choice_or)(?:<[^>()]*>)?\(\s*"([a-zA-Z_0-9]+)")rx"};
  std::set<std::string> keys;
  for (const char* folder : {"topologies", "workloads/layout", "workloads/load", "workloads/step", "workloads/routing",
                             "analysis/scenario"}) {
    for (const auto& entry : fs::recursive_directory_iterator{fs::path{home()} / folder}) {
      if (entry.path().extension() != ".cpp") continue;
      const std::string text = content(entry.path());
      for (std::sregex_iterator i{text.begin(), text.end(), read}; i != std::sregex_iterator{}; ++i)
        keys.insert((*i)[1]);
    }
  }
  return keys;
}

/// Keys of other files than scenarios: prices, and names of columns.
// `requests:` and `prefill:` are whole values to a scenario; docs/serving.md describes what stands in them.
const std::set<std::string> of_other_files{"prompt_tokens", "cached_fraction",   "tokens_per_gpu",     "switch_usd",
                                           "cable_usd",     "cable_usd_by_tier", "endpoint_cable_usd", "switch_W",
                                           "nic",           "architectures",     "hidden_size",        "text_config",
                                           "from"};

void collect(const nlohmann::json& schema, const std::string& path, std::set<std::string>& paths) {
  if (!path.empty()) paths.insert(path);
  for (const char* key : {"anyOf"}) {
    if (schema.contains(key))
      for (const auto& choice : schema.at(key)) collect(choice, path, paths);
  }
  if (schema.contains("items")) collect(schema.at("items"), path + "[]", paths);
  if (!schema.contains("properties")) return;
  const std::string prefix = path.empty() ? "" : path + '.';
  for (const auto& [name, child] : schema.at("properties").items()) collect(child, prefix + name, paths);
  if (schema.at("additionalProperties").is_object()) collect(schema.at("additionalProperties"), prefix + "*", paths);
}

nlohmann::json to_json(const Tree& tree) {
  nlohmann::json json;
  for (const auto& entry : tree.entries) json[entry.key] = to_json(entry.value);
  for (const auto& item : tree.items) json.push_back(to_json(item));
  if (tree.kind == Tree::Kind::scalar) {
    const auto plain = nlohmann::json::parse(tree.text, nullptr, false);
    json = tree.quoted || plain.is_discarded() || plain.is_structured() ? nlohmann::json(tree.text) : plain;
  }
  return json;
}

/// Whether a value is of a JSON schema's type; the words of draft 7 that keys_schema uses.
bool is_of(const nlohmann::json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  return type == "number" && value.is_number();
}

bool valid(const nlohmann::json& value, const nlohmann::json& schema) {
  using Json = nlohmann::json;
  if (schema.contains("anyOf")) {
    const Json& choices = schema.at("anyOf");
    return std::any_of(choices.begin(), choices.end(), [&](const Json& choice) { return valid(value, choice); });
  }
  if (schema.contains("enum")) {
    return std::find(schema.at("enum").begin(), schema.at("enum").end(), value) != schema.at("enum").end();
  }
  if (!schema.contains("type")) return true;
  const Json types = schema.at("type").is_array() ? schema.at("type") : Json::array({schema.at("type")});
  if (std::none_of(types.begin(), types.end(), [&](const Json& t) { return is_of(value, t.get<std::string>()); })) {
    return false;
  }
  if (value.is_string() && schema.contains("pattern")) {
    return std::regex_search(value.get<std::string>(), std::regex{schema.at("pattern").get<std::string>()});
  }
  if (value.is_number() && schema.contains("exclusiveMinimum")) return value > schema.at("exclusiveMinimum");
  if (value.is_number() && schema.contains("minimum") && value < schema.at("minimum")) return false;
  if (value.is_number() && schema.contains("maximum") && value > schema.at("maximum")) return false;
  if (value.is_array() && schema.contains("items")) {
    return std::all_of(value.begin(), value.end(), [&](const Json& item) { return valid(item, schema.at("items")); });
  }
  if (!value.is_object()) return true;
  for (const auto& [key, child] : value.items()) {
    const Json& below = schema.at("properties");
    const Json& other = schema.at("additionalProperties");
    if (below.contains(key) ? !valid(child, below.at(key)) : !other.is_object() || !valid(child, other)) return false;
  }
  return true;
}

std::string complaints(const std::string& yaml, const std::vector<std::string>& sets = {}) {
  try {
    scenario(yaml, sets);
  } catch (const Mistakes& e) {
    return fmt::format("{}", fmt::join(e.lines, "\n"));
  } catch (const ConfigError& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("keys: every key that a reader asks for is in the reference (else add a line to specimens.yaml)") {
  const auto known = known_keys();
  std::set<std::string> last;
  for (const auto& [path, entry] : known) last.insert(path.substr(path.rfind('.') + 1));
  const auto read = keys_in_sources();
  CHECK(read.size() > 60);
  for (const auto& key : read) {
    CAPTURE(key);
    CHECK((last.count(key) > 0 || of_other_files.count(key) > 0));
  }
}

TEST_CASE("keys: every key says what it means, and one whose default varies says what it depends on") {
  for (const auto& [path, entry] : known_keys()) {
    CAPTURE(path);
    const bool item = path.ends_with("[]") || path.ends_with(".*");    // what holds them says what they are
    const bool heading = entry.types.empty() && entry.folder.empty();  // not in the reference
    if (item || heading || path.ends_with(".from")) continue;
    CHECK(!entry.meaning.empty());
    const bool file = path.find_first_of(".[") != std::string::npos && path.find("communication.") != std::string::npos;
    CHECK((file || !(entry.fallbacks.size() > 1 && entry.otherwise.empty())));
  }
}

TEST_CASE("keys: the page in docs/ is what the program prints, and page, terminal and schema name the same keys") {
  const auto known = known_keys();
  CHECK(content(fs::path{home()} / "docs/keys.md") == keys_markdown(known));  // ./teapot keys --markdown > docs/keys.md
  CHECK(content(fs::path{home()} / "docs/scenario.schema.json") == keys_schema(known));
  std::set<std::string> in_schema;
  collect(nlohmann::json::parse(keys_schema(known)), "", in_schema);
  const std::string page = keys_markdown(known);
  const std::string terminal = '\n' + keys_text(known, "");
  for (const auto& [path, entry] : known) {
    CAPTURE(path);
    CHECK(in_schema.count(path) == 1);
    if (entry.types.empty() && entry.folder.empty() && entry.meaning.empty()) continue;
    CHECK(page.find("| `" + path + "` |") != std::string::npos);
    CHECK(terminal.find('\n' + path + '\n') != std::string::npos);
  }
}

TEST_CASE("keys: whatever the project ships has no misspelt key") {
  const auto known = known_keys();
  for (const auto& entry : fs::directory_iterator{fs::path{home()} / "examples"}) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".yaml" || name.starts_with("sweep-") || name.starts_with("optimize-")) continue;
    CAPTURE(name);
    CHECK(misspelt(load_yaml(entry.path().string()), known) == std::vector<std::string>{});
  }
  const std::pair<const char*, const char*> kinds[] = {
      {"fabric", "topologies"}, {"model", "workloads/models"}, {"accelerator", "platforms/accelerators"}};
  for (const auto& [key, folder] : kinds) {
    for (const auto& name : names_in(folder)) {
      CAPTURE(name);
      CHECK(misspelt(parse_yaml(fmt::format("{}: {}\n", key, name), "test.yaml"), known) == std::vector<std::string>{});
    }
  }
}

TEST_CASE("keys: the schema takes what the project ships, and refuses what the reader does") {
  const auto schema = nlohmann::json::parse(keys_schema(known_keys()));
  for (const auto& entry : fs::directory_iterator{fs::path{home()} / "examples"}) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".yaml" || name.starts_with("sweep-") || name.starts_with("optimize-")) continue;
    CAPTURE(name);
    CHECK(valid(to_json(load_yaml(entry.path().string())), schema));
  }
  for (const char* wrong : {"modle: x", "deployment: {tp: 8}", "deployment: {gpus: eight}", "deployment: {gpus: 0}",
                            "fabric: {from: h800-mpft, nic_bandwidth: 400}", "decode: {overlap: tripple}",
                            "accelerator: h900", "decode: {acceptance: 1.2}", "simulation: {seed: -1}"}) {
    CAPTURE(wrong);
    CHECK(!valid(to_json(parse_yaml(wrong, "t")), schema));
  }
}

TEST_CASE("keys: all misspelt keys, units and names of a scenario are said at once, before what does not fit") {
  CHECK(complaints("deployement: {gpus: 8}\n")
            .starts_with("test.yaml:1:1: unknown key \"deployement\" (did you mean \"deployment\"?"));
  CHECK(complaints("deployment: {tp: 8}\n") ==
        "test.yaml:1:14: deployment: unknown key \"tp\" (write tensor_parallel)");
  CHECK(complaints("tp: 8\n") == "test.yaml:1:1: unknown key \"tp\" (write deployment.tensor_parallel)");
  CHECK(complaints("gpus: 8\n") == "test.yaml:1:1: unknown key \"gpus\" (write deployment.gpus)");
  CHECK(complaints("deployment: {gpus: 8}\n", {"fabric.nic_bandwidth=400"})
            .starts_with("--set fabric.nic_bandwidth: nic_bandwidth: expected a bandwidth with its unit"));
  CHECK(complaints("deployment: {gpus: 8}\n", {"fabric.nic_bandwith=400 Gbps"})
            .starts_with("--set fabric.nic_bandwith: unknown key \"nic_bandwith\" (did you mean \"nic_bandwidth\"?"));
  CHECK(
      complaints("deployment: {gpus: 8}\n", {"decode.routing.lod=uniform"}).starts_with("--set decode.routing.lod: "));
  const std::string all = complaints(
      "modle: deepseek-v3\n"
      "accelerator: h900\n"
      "fabric: {from: h800-mpft, nodes: many}\n"
      "deployment: {gpus: eight, batch_size: 4}\n"
      "decode: {overlap: tripple, routing: {load: unifrom}}\n");
  std::istringstream lines{all};
  std::vector<std::string> said;
  for (std::string line; std::getline(lines, line);) said.push_back(line);
  const char* beginnings[] = {"test.yaml:1:1: unknown key \"modle\"",
                              "test.yaml:2:14: accelerator: unknown accelerator \"h900\"",
                              "test.yaml:3:34: nodes: expected an integer",
                              "test.yaml:4:20: deployment.gpus: expected an integer",
                              "test.yaml:4:27: deployment: unknown key \"batch_size\" (write requests_per_gpu)",
                              "test.yaml:5:19: decode.overlap: unknown word \"tripple\"",
                              "test.yaml:5:44: decode.routing.load: unknown word \"unifrom\""};
  REQUIRE(said.size() == std::size(beginnings));
  for (std::size_t i = 0; i < said.size(); ++i) {
    CAPTURE(said[i]);
    CHECK(said[i].starts_with(beginnings[i]));
  }
}

TEST_CASE("keys: what does not fit says how many requests would, and what would make it fit") {
  const std::string said = complaints(
      "model: llama-3.1-70b\naccelerator: h100\nfabric: hgx-h100\ndeployment: {gpus: 8, requests_per_gpu: 4}\n");
  CAPTURE(said);
  CHECK(said.find("does not fit: weights") != std::string::npos);
  CHECK(said.find("not even one request a GPU would") != std::string::npos);
  CHECK(said.find("so would tensor_parallel ") != std::string::npos);
  const std::string experts = complaints(
      "model: mixtral-8x7b\naccelerator: rtx-4090\nfabric: {kind: single-switch, gpus_per_node: 8, nodes: 1, "
      "nvlink_bandwidth: 30 GB/s}\ndeployment: {gpus: 8, expert_parallel: 1, requests_per_gpu: 1}\n");
  CAPTURE(experts);
  CHECK(experts.find(", or expert_parallel 8") != std::string::npos);  // over the GPUs there are: no more to buy
  const std::string batch = complaints("deployment: {requests_per_gpu: 5000}\n");
  CAPTURE(batch);
  std::smatch found;
  REQUIRE(std::regex_search(batch, found, std::regex{"; (\\d+) requests a GPU would"}));
  const int most = std::stoi(found[1]);
  CHECK(complaints(fmt::format("deployment: {{requests_per_gpu: {}}}\n", most)) == "accepted");
  CHECK(complaints(fmt::format("deployment: {{requests_per_gpu: {}}}\n", most + 1)) != "accepted");
}

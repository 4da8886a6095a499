// Sweep folders that somebody or something has changed: what is damaged is simulated anew, and the results are the
// same. Simulates a small sweep once for each damage.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "analysis/output/output_file.hpp"
#include "analysis/sweep/damage.hpp"
#include "analysis/sweep/sweep.hpp"
#include "sim/input_file.hpp"

namespace teapot {
namespace {

namespace fs = std::filesystem;

/// A folder with a finished sweep of one point, gone at the end.
class Finished {
 public:
  explicit Finished(const std::string& scenario) {
    std::string name = (fs::temp_directory_path() / "teapot-damage-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
    write_file(path_ + "/s.yaml", "base: " + scenario + "\naxes: {simulation.seed: [1]}\n");
    run();
    for (const auto& entry : fs::directory_iterator{path_ + "/out/points"}) {
      if (entry.path().extension() == ".json") point_ = entry.path().string();
    }
    csv_ = content("results.csv");
    json_ = content("results.json");
    result_ = read_input(point_, most_table_bytes);
    plan_ = content("plan.json");
  }
  Finished(const Finished&) = delete;
  Finished& operator=(const Finished&) = delete;
  ~Finished() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  SweepSummary run() {
    SweepOptions o;
    o.file = path_ + "/s.yaml";
    o.folder = path_ + "/out";
    o.workers = 1;
    return run_sweep(o);
  }
  /// As it was before any damage.
  void restore() {
    for (const auto& file : {point_, path_ + "/out/plan.json"}) fs::remove_all(file);
    write_file(point_, result_);
    write_file(plan(), plan_);
  }
  bool same_results() const { return content("results.csv") == csv_ && content("results.json") == json_; }
  std::string content(const std::string& name) const { return read_input(path_ + "/out/" + name, most_table_bytes); }
  const std::string& point() const { return point_; }
  std::string plan() const { return path_ + "/out/plan.json"; }
  Json result() const { return Json::parse(result_); }
  Json planned() const { return Json::parse(plan_); }

 private:
  std::string path_, point_, csv_, json_, result_, plan_;
};

const char* tiny =
    "{model: {from: deepseek-v2-lite, layers: 2}, fabric: {from: h800-mpft, nodes: 2}, "
    "deployment: {gpus: 8, requests_per_gpu: 4}, decode: {routing: {load: uniform}}}";

const std::vector<Json>& wrong_values() {
  static const std::vector<Json> values{nullptr, -1, 0, "x", "", Json::array(), Json::object(), true, Json::array({1})};
  return values;
}

/// The same document with one member, at most `depth` deep, taken out or replaced, in every way; f(document, what).
void for_each_damage(const Json& whole, const std::function<void(const Json&, const std::string&)>& f) {
  for (const auto& [name, value] : whole.items()) {
    Json without = whole;
    without.erase(name);
    f(without, name + " taken out");
    for (const Json& wrong : wrong_values()) {
      if (wrong == value) continue;
      Json changed = whole;
      changed[name] = wrong;
      f(changed, name + " = " + wrong.dump());
    }
  }
}

std::vector<std::string> broken(const std::string& text) {
  std::vector<std::string> all{"", "\n", "{}", "[]", "null", "3", "\"x\"", "{\"key\": 1}", std::string(100, '\0')};
  for (std::size_t part = 1; part < 8; ++part) all.push_back(text.substr(0, text.size() * part / 8));
  all.push_back(text + text);
  all.push_back(text + "x");
  return all;
}

}  // namespace

TEST_CASE("sweep: a result with any member taken out or replaced is simulated anew") {
  Finished sweep{tiny};
  const Json whole = sweep.result();
  REQUIRE(is_sound(whole, whole.at("key")));
  int damages = 0, noticed = 0;
  for_each_damage(whole, [&](const Json& damaged, const std::string& what) {
    CAPTURE(what);
    ++damages;
    CHECK_FALSE(is_sound(damaged, whole.at("key")));
    noticed += is_sound(damaged, whole.at("key")) ? 0 : 1;
    // Whoever seals what is damaged has still to put figures where figures are due.
    const bool figure =
        what.starts_with("tpot_ms") || what.starts_with("step_ms") || what.starts_with("breakdown_ms =");
    if (figure && !what.ends_with("{}")) CHECK_FALSE(is_sound(sealed(damaged), whole.at("key")));
  });
  CHECK(damages > 250);
  CHECK(noticed == damages);
}

TEST_CASE("sweep: a result that is cut short, empty, of another kind or no file is named and simulated anew") {
  Finished sweep{tiny};
  for (const std::string& text : broken(sweep.result().dump())) {
    CAPTURE(text);
    sweep.restore();
    std::ofstream{sweep.point(), std::ios::binary} << text;
    CHECK(sweep.run().simulated == 1);
    CHECK(sweep.same_results());
  }
  const auto replaced_by = [&](const std::string& what, const std::function<void(const std::string&)>& make) {
    CAPTURE(what);
    sweep.restore();
    fs::remove(sweep.point());
    make(sweep.point());
    CHECK(sweep.run().simulated == 1);
    CHECK(sweep.same_results());
  };
  replaced_by("folder", [](const auto& file) { fs::create_directories(file + "/inside"); });
  replaced_by("link to itself", [](const auto& file) { fs::create_symlink(file, file); });
  replaced_by("link to nowhere", [](const auto& file) { fs::create_symlink("nowhere", file); });
  replaced_by("link to a device", [](const auto& file) { fs::create_symlink("/dev/zero", file); });
}

TEST_CASE("sweep: a plan with any member taken out or replaced is written anew, or refused as another sweep's") {
  Finished sweep{tiny};
  const auto tried = [&](const std::string& text) {
    sweep.restore();
    fs::remove(sweep.plan());
    std::ofstream{sweep.plan(), std::ios::binary} << text;
    try {
      sweep.run();
      CHECK(sweep.same_results());
    } catch (const ConfigError& e) {
      CHECK(std::string{e.what()}.find("holds another sweep") != std::string::npos);
    }
  };
  for_each_damage(sweep.planned(), [&](const Json& damaged, const std::string& what) {
    CAPTURE(what);
    tried(damaged.dump());
  });
  for_each_damage(sweep.planned().at("points").at(0), [&](const Json& damaged, const std::string& what) {
    CAPTURE(what);
    Json plan = sweep.planned();
    plan.at("points").at(0) = damaged;
    tried(plan.dump());
  });
  for (const std::string& text : broken(sweep.planned().dump())) tried(text);
  sweep.restore();
  fs::remove(sweep.plan());
  fs::create_directories(sweep.plan() + "/inside");
  sweep.run();
  CHECK(sweep.same_results());
}

TEST_CASE("sweep: points of prefill and of services are reused, too") {
  Finished prefill{
      "{model: {from: llama-3.1-8b, layers: 2}, fabric: hgx-h100, accelerator: h100, phase: prefill, "
      "deployment: {gpus: 1, requests_per_gpu: 1}, requests: {prompt_tokens: 512}}"};
  CHECK(prefill.run().reused == 1);
  CHECK(prefill.same_results());
  Finished service{
      "{model: {from: llama-3.1-8b, layers: 2}, fabric: hgx-h100, accelerator: h100, deployment: {gpus: 1}, "
      "requests: {arrivals: {constant: 2 /s}, prompt_tokens: 128, output_tokens: 4, duration: 3 s}}"};
  CHECK(service.run().reused == 1);
  CHECK(service.same_results());
  Finished one_token{
      "{model: {from: llama-3.1-8b, layers: 2}, fabric: hgx-h100, accelerator: h100, deployment: {gpus: 1}, "
      "requests: {arrivals: {constant: 2 /s}, prompt_tokens: 128, output_tokens: 1, duration: 3 s}}"};
  CHECK(one_token.run().reused == 1);
  CHECK(one_token.same_results());
}

}  // namespace teapot

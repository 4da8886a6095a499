// Changed config.json files are read right or refused, never read wrong.

#include "tests/workloads/model/model_fuzz.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>

#include "sim/catalogue.hpp"

using namespace teapot;

namespace {

std::vector<Tree> originals() {
  std::vector<std::string> files;
  const char* folder = std::getenv("TEAPOT_FUZZ_FOLDER");
  const std::string from = folder != nullptr ? folder : home() + "/tests/workloads/configs";
  for (const auto& entry : std::filesystem::directory_iterator{from}) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<Tree> trees;
  for (const auto& file : files) trees.push_back(load_yaml(file));
  return trees;
}

}  // namespace

TEST_CASE("model fuzz: a dropped, renamed, retyped or added key changes no figure without a word") {
  // TEAPOT_FUZZ=100000 for a long run, TEAPOT_FUZZ_SEED for another one, TEAPOT_FUZZ_FOLDER for other files.
  const char* asked = std::getenv("TEAPOT_FUZZ");
  const int count = asked != nullptr ? std::atoi(asked) : 1500;
  const std::vector<Tree> trees = originals();
  std::vector<ReadResult> as_they_are;
  for (const Tree& tree : trees) {
    as_they_are.push_back(read_changed(tree));
    if (!as_they_are.back().figures) FAIL(as_they_are.back().said);
  }
  const char* seed = std::getenv("TEAPOT_FUZZ_SEED");
  Random random{seed != nullptr ? static_cast<std::uint64_t>(std::atoi(seed)) : 20261125};
  for (int i = 0; i < count; ++i) {
    const auto which = static_cast<std::size_t>(random.uniform() * static_cast<double>(trees.size()));
    const Change change = random_change(trees[which], random);
    const std::string wrong = complaint(change, as_they_are[which]);
    if (wrong.empty()) continue;
    const std::string file = std::filesystem::path{*trees[which].place.file}.filename().string();
    FAIL_CHECK(file << ": " << change.what << " " << change.key << ": " << wrong);
  }
}

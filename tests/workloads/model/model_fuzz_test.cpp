// Changed config.json files are read right or refused, never read wrong.

#include "tests/workloads/model/model_fuzz.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "sim/catalogue.hpp"

using namespace teapot;

namespace {

std::vector<Tree> originals() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator{home() + "/tests/workloads/configs"}) {
    if (entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<Tree> trees;
  for (const auto& file : files) trees.push_back(load_yaml(file));
  return trees;
}

}  // namespace

TEST_CASE("model fuzz: a dropped, renamed, retyped or added key changes no figure without a word") {
  // TEAPOT_FUZZ=100000 for a long run.
  const char* asked = std::getenv("TEAPOT_FUZZ");
  const int count = asked != nullptr ? std::atoi(asked) : 1500;
  const std::vector<Tree> trees = originals();
  std::vector<Figures> figures;
  for (const Tree& tree : trees) figures.push_back(figures_of(read_huggingface(Config{tree})));
  Random random{20261125};
  for (int i = 0; i < count; ++i) {
    const auto which = static_cast<std::size_t>(random.uniform() * static_cast<double>(trees.size()));
    const Change change = random_change(trees[which], random);
    const std::string wrong = complaint(change, figures[which]);
    if (wrong.empty()) continue;
    const std::string file = std::filesystem::path{*trees[which].place.file}.filename().string();
    FAIL_CHECK(file << ": " << change.what << " " << change.key << ": " << wrong);
  }
}

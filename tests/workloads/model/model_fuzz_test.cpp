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

void check(const Change& change, const ReadResult& as_it_is, const Tree& tree) {
  const std::string wrong = complaint(change, as_it_is);
  if (wrong.empty()) return;
  const std::string file = std::filesystem::path{*tree.place.file}.filename().string();
  FAIL_CHECK(file << ": " << change.what << " " << change.key << ": " << wrong);
}

/// Each key dropped, under two other names, and as each other type; of so many changes every `step`-th.
std::size_t check_every_key(const std::vector<Tree>& trees, std::size_t step) {
  std::size_t changes = 0;
  for (const Tree& tree : trees) {
    const ReadResult as_it_is = read_changed(tree);
    Tree copy = tree;
    std::vector<Tree*> mappings;
    collect(copy, mappings);
    const auto one = [&](std::size_t which, std::size_t at, Kind kind, int way) {
      if (changes++ % step == 0) check(change_of(tree, which, at, kind, way), as_it_is, tree);
    };
    for (std::size_t which = 0; which < mappings.size(); ++which) {
      for (std::size_t at = 0; at < mappings[which]->entries.size(); ++at) {
        one(which, at, Kind::dropped, 0);
        for (int way = 0; way < 2; ++way) one(which, at, Kind::renamed, way);
        for (int way = 0; way < ways_to_retype; ++way) one(which, at, Kind::retyped, way);
      }
    }
  }
  return changes;
}

}  // namespace

TEST_CASE("model fuzz: no key of any file can be dropped, renamed or retyped without a word") {
  // TEAPOT_FUZZ=every takes all of them, some minutes.
  const char* asked = std::getenv("TEAPOT_FUZZ");
  CHECK(check_every_key(originals(), asked != nullptr && std::string{asked} == "every" ? 1 : 97) > 50'000);
}

TEST_CASE("model fuzz: what was once passed over in silence is named") {
  const auto said = [](const char* file, const char* key, Kind kind, int way) {
    const Tree tree = load_yaml(home() + "/tests/workloads/configs/" + file + ".json");
    Tree copy = tree;
    std::vector<Tree*> mappings;
    collect(copy, mappings);
    bool found = false;
    for (std::size_t which = 0; which < mappings.size(); ++which) {
      for (std::size_t at = 0; at < mappings[which]->entries.size(); ++at) {
        if (mappings[which]->entries[at].key != key) continue;
        check(change_of(tree, which, at, kind, way), read_changed(tree), tree);
        found = true;
      }
    }
    CAPTURE(file);
    CAPTURE(key);
    CHECK(found);
  };
  said("mamba2-2.7b-first", "tie_embeddings", Kind::dropped, 0);
  said("mamba2-2.7b-first", "ssm_cfg", Kind::dropped, 0);
  for (int way = 0; way < ways_to_retype; ++way) said("mamba2-2.7b-first", "vocab_size", Kind::retyped, way);
  said("mamba2-2.7b-first", "pad_vocab_size_multiple", Kind::retyped, 2);
  said("zamba2-1.2b", "use_shared_attention_adapter", Kind::dropped, 0);
  said("zamba2-7b", "mamba_ngroups", Kind::dropped, 0);
  said("lfm2-1.2b", "block_ffn_dim_multiplier", Kind::retyped, 5);
  said("mpt-30b", "expansion_ratio", Kind::retyped, 5);
  said("recurrentgemma-2b", "block_types", Kind::retyped, 8);
  said("laguna-xs.2-fp8", "gating", Kind::retyped, 2);
  said("laguna-xs.2-fp8", "num_attention_heads", Kind::retyped, 0);
  for (int way = 0; way < ways_to_retype; ++way) {
    for (const char* file : {"deepseek-vl2-27b", "ernie-4.5-vl-28b-a3b"}) said(file, "mlp_ratio", Kind::retyped, way);
    said("llama-4-scout-w4a16", "moe_layers", Kind::retyped, way);
    said("ring-2.5-1t", "layer_group_size", Kind::retyped, way);
  }
  said("hunyuan-large-389b-a52b", "num_shared_expert", Kind::dropped, 0);
  said("openpangu-ultra-moe-718b", "num_nextn_predict_layers", Kind::dropped, 0);
}

TEST_CASE("model fuzz: a dropped, renamed, retyped or added key changes no figure without a word") {
  // TEAPOT_FUZZ=100000 for a long run, TEAPOT_FUZZ_SEED for another one, TEAPOT_FUZZ_FOLDER for other files.
  const char* asked = std::getenv("TEAPOT_FUZZ");
  const int count = asked != nullptr ? std::atoi(asked) : 1500;  // `every`: none
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
    check(random_change(trees[which], random), as_they_are[which], trees[which]);
  }
}

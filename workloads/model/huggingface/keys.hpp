#pragma once
// A config.json while it is read: every key that was asked for is remembered, so that the rest can be named.
// Knows no key's meaning but that of the tables of keys that never matter.

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/config.hpp"
#include "workloads/model/reading.hpp"

namespace teapot {

/// Whether a name is of a part that changes shapes, bytes or time, as far as a name can say.
bool smells_of_architecture(const std::string& key);
/// Whether a key never bears on a figure: dropout, token ids, initialisers, what generation does, ...
bool never_matters(const std::string& key);

/// One mapping of the file. Copies share what they remember. JSON's null counts as a key that is not there.
class Keys {
 public:
  /// `ignored`: keys, or paths with dots, that the user said do not matter.
  Keys(const Config& mapping, std::set<std::string> ignored);

  bool has(const std::string& key) const;
  bool says_null(const std::string& key) const;
  /// The key is known and decides nothing here.
  void pass(const std::string& key) const;
  void pass_all(const std::vector<std::string>& keys) const {
    for (const auto& key : keys) pass(key);
  }

  int positive(const std::string& key) const;
  int count_or(const std::string& key, int fallback) const;  ///< a whole number, not below zero
  double number_or(const std::string& key, double fallback) const;
  bool flag_or(const std::string& key, bool fallback) const;
  std::string word_or(const std::string& key, const std::string& fallback) const;
  std::vector<std::string> words(const std::string& key) const;  ///< a list of texts; empty where it is not there
  std::vector<int> numbers(const std::string& key) const;        ///< a list of whole numbers
  std::vector<bool> flags(const std::string& key) const;         ///< a list of 0 and 1, or true and false
  bool is_list(const std::string& key) const;
  bool is_number(const std::string& key) const;
  /// A number, or a list that gives every one of so many layers the same.
  int alike_or(const std::string& key, int fallback, int layers) const;
  /// What several names of one thing say; they must agree. Nothing where none is there.
  /// `layers`: a list that gives so many layers the same is a number too; 0: it is not.
  std::optional<int> any(const std::vector<std::string>& keys, int layers = 0) const;
  /// The first of several names that is there; the first of all where none is.
  std::string which(const std::vector<std::string>& keys) const;
  Keys part(const std::string& key) const;
  bool is_mapping(const std::string& key) const;
  const Config& config() const { return config_; }
  Config at(const std::string& key) const { return config_.at(key); }

  void warn(const std::string& key, const std::string& text) const;
  void assume(const std::string& key, const std::string& text) const { warn(key, "not given; " + text); }
  [[noreturn]] void fail(const std::string& key, const std::string& reason) const;
  [[noreturn]] void fail_missing(const std::string& key, const std::string& why) const;
  /// None of several names of one thing is there.
  [[noreturn]] void fail_none(const std::vector<std::string>& keys, const std::string& why) const;

  /// Names every key of this mapping, and of those opened below it, that nobody asked for. Throws ConfigError where
  /// one smells of architecture, unless `lenient`.
  void judge_the_rest(bool lenient) const;
  Reading reading() const;

 private:
  struct Part {
    Config config;
    std::string prefix;
  };
  struct Record {
    std::map<std::string, bool> read;  ///< by path: whether it decides a figure
    std::vector<Part> opened;          ///< not Keys: these keep the record alive, and it them
    std::vector<std::string> passed;
    std::vector<std::string> warnings;
    std::set<std::string> ignored;
  };

  Keys(const Part& part, std::shared_ptr<Record> record);  ///< of one that is opened already
  static Keys open(const Part& part, const std::shared_ptr<Record>& record);
  const Tree* written(const std::string& key) const;
  int whole(const Config& value) const;
  bool ignores(const std::string& key) const;
  void judge(std::vector<std::string>& unknown, Place& first) const;

  Config config_;
  const Tree* tree_;  ///< of config_, which shares it: to ask for it marks all of its keys as known
  std::string prefix_;
  std::shared_ptr<Record> record_;
};

}  // namespace teapot

#pragma once
// A cursor into a YAML document that knows where it is, so that every complaint carries file:line:column and key.
// Knows no scenario, fabric or model: readers elsewhere say which keys exist by asking for them.

#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/key_record.hpp"
#include "sim/message.hpp"
#include "sim/units.hpp"

namespace teapot {

/// The one exception for anything wrong in a user's input. what() reads "file:line:column: key: reason", on one line
/// and not without end, whatever was written there.
struct ConfigError : std::runtime_error {
  explicit ConfigError(const std::string& what) : std::runtime_error(one_line(what)) {}
};

/// Where a value was written; line and column count from 1, 0 where there is none (a command-line option).
struct Place {
  std::shared_ptr<const std::string> file;
  int line = 0;
  int column = 0;
};

/// A YAML document as a plain value, each part with its place. Duplicate keys cannot occur in one.
struct Tree {
  enum class Kind { null, scalar, sequence, mapping };
  struct Entry;

  Kind kind = Kind::null;
  std::string text;            ///< of a scalar
  bool quoted = false;         ///< a scalar written in quotes
  std::vector<Tree> items;     ///< of a sequence
  std::vector<Entry> entries;  ///< of a mapping, in the order written
  Place place;

  const Tree* find(std::string_view key) const;
};

struct Tree::Entry {
  std::string key;
  Place place;
  Tree value;
};

/// Throws ConfigError "file:line:column: path: reason".
[[noreturn]] void fail_at(const Place& place, const std::string& path, const std::string& reason);

/// How deep a document may be nested, and how many values it may hold once its aliases are followed.
inline constexpr std::size_t deepest_yaml = 64;
inline constexpr std::size_t most_yaml_values = 250'000;

/// Parses a document (sim/yaml.cpp); an empty one is a null tree. Throws ConfigError on what is not UTF-8, bad syntax,
/// a duplicate key, an alias that refers to itself, a second document, and over the limits above.
Tree parse_yaml(const std::string& text, const std::string& file);
/// The same for a file; also throws where the file cannot be read (sim/input_file.hpp) or is empty.
Tree load_yaml(const std::string& file);
/// `base` with every value of `changes` put over it; mappings are merged, everything else is replaced.
Tree overlay(Tree base, const Tree& changes);
/// Puts `value` at a dotted path such as "decode.routing.load", making mappings on the way.
void set_path(Tree& tree, const std::string& dotted_path, const Tree& value);
/// The document as YAML text in block style; parsing it gives the same tree (places apart).
std::string to_yaml(const Tree& tree);

/// The one of `known` that is written most like `name`; empty where none is near (more than a third differs).
std::string nearest(const std::string& name, const std::vector<std::string>& known);
/// `unknown <what> "<name>" (did you mean "<nearest>"? known: a, b, c)`.
std::string unknown_name(const std::string& what, const std::string& name, const std::vector<std::string>& known);

/// What a read says about the range of a number, beside its type.
enum class Range { any, positive, non_negative, fraction };

class Config {
 public:
  explicit Config(Tree tree);
  static Config load(const std::string& file) { return Config{load_yaml(file)}; }
  static Config parse(const std::string& text, const std::string& file = "<text>") {
    return Config{parse_yaml(text, file)};
  }
  /// One whose reads are written into `record`: how the reference of all keys is made.
  static Config recording(Tree tree, std::shared_ptr<KeyRecord> record);
  /// Another document, which stands in place of `key`, such as the file that it names; its complaints name its own
  /// file.
  Config in_place_of(const std::string& key, Tree document) const;

  // -- a mapping. What a reader says `about` a key becomes its entry in the reference of all keys. -------------------
  bool has(const std::string& key, const About& about = {}) const;        ///< asking makes the key known
  Config at(const std::string& key, const About& about = {}) const;       ///< throws where it is missing
  Config section(const std::string& key, const About& about = {}) const;  ///< at(key), or empty where it is missing
  std::vector<std::string> keys() const;  ///< names that the user chooses, in the order written; all become known
  template <class T>
  T get(const std::string& key, const About& about = {}) const {
    note_required<T>(key, Range::any, about);
    return at(key).as<T>();
  }
  template <class T>
  T get_or(const std::string& key, T fallback, const About& about = {}) const {
    note<T>(key, Range::any, fallback, about);
    return has(key) ? at(key).as<T>() : fallback;
  }
  /// A number or quantity that must be above zero.
  template <class T>
  T positive(const std::string& key, const About& about = {}) const {
    note_required<T>(key, Range::positive, about);
    return at(key).as_positive<T>();
  }
  template <class T>
  T positive_or(const std::string& key, T fallback, const About& about = {}) const {
    note<T>(key, Range::positive, fallback, about);
    return has(key) ? at(key).as_positive<T>() : fallback;
  }
  /// A number or quantity that may be zero and not below.
  template <class T>
  T non_negative(const std::string& key, const About& about = {}) const {
    note_required<T>(key, Range::non_negative, about);
    return at(key).as_non_negative<T>();
  }
  template <class T>
  T non_negative_or(const std::string& key, T fallback, const About& about = {}) const {
    note<T>(key, Range::non_negative, fallback, about);
    return has(key) ? at(key).as_non_negative<T>() : fallback;
  }
  /// A number in [0, 1], such as a probability or an efficiency.
  double fraction(const std::string& key, const About& about = {}) const;
  double fraction_or(const std::string& key, double fallback, const About& about = {}) const;
  /// One of the given words.
  std::string choice(const std::string& key, const std::vector<std::string>& words, const About& about = {}) const;
  std::string choice_or(const std::string& key, const std::vector<std::string>& words, const std::string& word,
                        const About& about = {}) const;

  // -- any value ----------------------------------------------------------------------------------------------------
  bool is_scalar() const { return tree_->kind == Tree::Kind::scalar; }
  bool is_sequence() const { return tree_->kind == Tree::Kind::sequence; }
  bool is_mapping() const { return tree_->kind == Tree::Kind::mapping; }
  std::vector<Config> items() const;  ///< of a sequence
  /// int, std::int64_t, bool, double, std::string or one of the five quantities.
  template <class T>
  T as() const;
  template <class T>
  T as_positive() const {
    const T value = as<T>();
    if (!(value > T{})) fail("must be above zero, got " + one_line(tree_->text, 80));
    return value;
  }
  template <class T>
  T as_non_negative() const {
    const T value = as<T>();
    if (!(value >= T{})) fail("must not be negative, got " + one_line(tree_->text, 80));
    return value;
  }
  /// One of the given words; `what` they are is for messages.
  std::string as_one_of(const std::vector<std::string>& words, const std::string& what = "word") const;
  /// The whole part as a value; every key inside becomes known.
  const Tree& tree() const;
  const std::string& path() const { return path_; }
  /// Says that the value may name a file of this folder of the project.
  void note_folder(const std::string& folder) const;

  /// Throws at the first key, here or below, that nobody asked for; the message offers the nearest known one.
  void reject_unread_keys() const;
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  /// What is shared by all parts of a document.
  struct Reading {
    std::map<const Tree*, std::set<std::string>> asked;  ///< by mapping: the keys somebody asked for
    std::shared_ptr<KeyRecord> record;                   ///< null: nobody wants to know
    std::string prefix;                                  ///< where the document stands
  };

  Config(std::shared_ptr<const Tree> root, const Tree* tree, std::string path, std::shared_ptr<Reading> reading)
      : root_(std::move(root)), tree_(tree), path_(std::move(path)), reading_(std::move(reading)) {}
  Config child(const Tree& tree, const std::string& path) const { return {root_, &tree, path, reading_}; }

  std::string recorded_path(const std::string& key = {}) const;
  void describe(const std::string& key, const About& about) const;
  void note_key(const std::string& key, const char* type, Range range, const About& about) const;
  void note_fallback(const std::string& key, const std::string& fallback) const;
  template <class T>
  static const char* type_name();
  template <class T>
  static std::string fallback_text(const T& value);
  template <class T>
  void note_required(const std::string& key, Range range, const About& about) const;
  template <class T>
  void note(const std::string& key, Range range, const T& fallback, const About& about) const {
    if (!reading_->record) return;
    note_key(key, type_name<T>(), range, about);
    note_fallback(key, fallback_text(fallback));
  }

  std::shared_ptr<const Tree> root_;  // keeps the document alive
  const Tree* tree_;
  std::string path_;
  std::shared_ptr<Reading> reading_;
};

}  // namespace teapot

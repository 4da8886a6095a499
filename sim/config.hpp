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

#include "sim/units.hpp"

namespace teapot {

/// The one exception for anything wrong in a user's input. what() reads "file:line:column: key: reason".
struct ConfigError : std::runtime_error {
  using std::runtime_error::runtime_error;
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

/// Parses a document; an empty one is a null tree. Throws ConfigError on bad syntax or a duplicate key.
Tree parse_yaml(const std::string& text, const std::string& file);
/// The same for a file; also throws where the file is missing, empty or not text.
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

class Config {
 public:
  explicit Config(Tree tree);
  static Config load(const std::string& file) { return Config{load_yaml(file)}; }
  static Config parse(const std::string& text, const std::string& file = "<text>") {
    return Config{parse_yaml(text, file)};
  }

  // -- a mapping ----------------------------------------------------------------------------------------------------
  bool has(const std::string& key) const;        ///< asking makes the key known
  Config at(const std::string& key) const;       ///< throws where it is missing
  Config section(const std::string& key) const;  ///< at(key), or an empty mapping where it is missing
  std::vector<std::string> keys() const;         ///< in the order written; all become known
  template <class T>
  T get(const std::string& key) const {
    return at(key).as<T>();
  }
  template <class T>
  T get_or(const std::string& key, T fallback) const {
    return has(key) ? at(key).as<T>() : fallback;
  }
  /// A number or quantity that must be above zero.
  template <class T>
  T positive(const std::string& key) const {
    return at(key).as_positive<T>();
  }
  template <class T>
  T positive_or(const std::string& key, T fallback) const {
    return has(key) ? positive<T>(key) : fallback;
  }
  /// A number or quantity that may be zero and not below.
  template <class T>
  T non_negative(const std::string& key) const {
    return at(key).as_non_negative<T>();
  }
  template <class T>
  T non_negative_or(const std::string& key, T fallback) const {
    return has(key) ? non_negative<T>(key) : fallback;
  }
  /// A number in [0, 1], such as a probability or an efficiency.
  double fraction(const std::string& key) const;
  double fraction_or(const std::string& key, double fallback) const { return has(key) ? fraction(key) : fallback; }
  /// One of the given words.
  std::string choice(const std::string& key, const std::vector<std::string>& words) const;
  std::string choice_or(const std::string& key, const std::vector<std::string>& words, const std::string& word) const {
    return has(key) ? choice(key, words) : word;
  }

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
    if (!(value > T{})) fail("must be above zero, got " + tree_->text);
    return value;
  }
  template <class T>
  T as_non_negative() const {
    const T value = as<T>();
    if (!(value >= T{})) fail("must not be negative, got " + tree_->text);
    return value;
  }
  /// The whole part as a value; every key inside becomes known.
  const Tree& tree() const;
  const std::string& path() const { return path_; }

  /// Throws at the first key, here or below, that nobody asked for; the message offers the nearest known one.
  void reject_unread_keys() const;
  [[noreturn]] void fail(const std::string& reason) const;

 private:
  using Asked = std::map<const Tree*, std::set<std::string>>;

  Config(std::shared_ptr<const Tree> root, const Tree* tree, std::string path, std::shared_ptr<Asked> asked)
      : root_(std::move(root)), tree_(tree), path_(std::move(path)), asked_(std::move(asked)) {}
  Config child(const Tree& tree, const std::string& path) const { return {root_, &tree, path, asked_}; }

  std::shared_ptr<const Tree> root_;  // keeps the document alive
  const Tree* tree_;
  std::string path_;
  std::shared_ptr<Asked> asked_;  // by mapping: the keys somebody asked for
};

}  // namespace teapot

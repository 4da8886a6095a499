#pragma once
// Which keys a scenario may have, as its own readers say, and a check of a whole scenario against them.
// Knows no key: it runs the readers over specimens.yaml and notes what they ask for.

#include <string>
#include <vector>

#include "analysis/scenario/part_reader.hpp"
#include "sim/config.hpp"

namespace teapot {

/// What a file that a key may name holds: "model", "fabric", "communication library".
std::string what_is_named(const std::string& path);

/// Reads what a scenario's readers read of a recording Config, to write down the keys they ask for.
void note_keys(const Config& config, PartReader& parts);

/// A deployment that needs more memory than its GPUs have; everything else about it is right.
struct DoesNotFit : ConfigError {
  using ConfigError::ConfigError;
};

/// Several mistakes of one input, each a line of its own; what() is the first and how many more there are.
struct Mistakes : ConfigError {
  explicit Mistakes(std::vector<std::string> list);
  std::vector<std::string> lines;
};

/// Every key that a scenario may hold, those of the files that it names under the key that names them (fabric.radix).
const KeyRecord::Entries& known_keys();

/// Those that its readers ask this scenario for, be they there or not: some of known_keys(), found much sooner.
KeyRecord::Entries keys_read_by(const Tree& scenario, PartReader& parts);

/// Whether a scenario may have a value at this dotted path.
bool is_known(const std::string& path, const KeyRecord::Entries& known);

/// The scenario with every key written that has a value: what is named in full, and every default as it was used.
Tree with_defaults(const Tree& scenario);

/// What is wrong with keys, words, units and names, anywhere in a scenario and in the files that it names: one line for
/// each, in the order written. What does not go together or does not fit is not looked at.
std::vector<std::string> misspelt(const Tree& scenario, const KeyRecord::Entries& known);

/// The same for one named thing, such as a fabric; `path` is the key that would name it.
std::vector<std::string> misspelt(const Tree& part, const std::string& path, const KeyRecord::Entries& known);

}  // namespace teapot

#pragma once
// The reference of all keys, from what readers said about them: for a terminal, as a page, and as a schema for editors.
// Knows no key.

#include <string>

#include "sim/key_record.hpp"

namespace teapot {

/// What a key takes, in words: "integer above zero", "one of none, dual-micro-batch", "name of a model, path or
/// mapping".
std::string type_text(const KeyEntry& entry);
/// Its default, in words; empty where it has none.
std::string default_text(const KeyEntry& entry);

/// The key `path` and all below it; every key where it is empty. Throws ConfigError where there is none.
std::string keys_text(const KeyRecord::Entries& known, const std::string& path);
/// docs/keys.md.
std::string keys_markdown(const KeyRecord::Entries& known);
/// JSON Schema, draft 7.
std::string keys_schema(const KeyRecord::Entries& known);

}  // namespace teapot

#pragma once
// The one way a file that a user names is opened: a regular file of a stated size at most, read whole.
// Knows no format.

#include <cstdint>
#include <string>

#include "sim/config.hpp"

namespace teapot {

inline constexpr std::int64_t most_yaml_bytes = std::int64_t{4} << 20;
inline constexpr std::int64_t most_table_bytes = std::int64_t{256} << 20;
inline constexpr std::int64_t most_trace_bytes = std::int64_t{1} << 30;  ///< also of a platform file

/// Why a file cannot be read: "no such file", "is a folder, not a file", "is a pipe, not a regular file", ...; empty
/// where it can. Never waits, whatever the file is.
std::string unreadable(const std::string& file, std::int64_t most_bytes);

/// The content. Throws ConfigError "file: why".
std::string read_input(const std::string& file, std::int64_t most_bytes);

/// Whether a name leads to something; one that cannot be followed (a circle of links) does.
bool is_there(const std::string& file);
/// Where a name written in a file leads: beside that file, else from the current folder.
std::string beside(const Place& place, const std::string& name);
/// The readable file that a value names; fails at the value where it names none.
std::string file_named(const Config& value, std::int64_t most_bytes);

}  // namespace teapot

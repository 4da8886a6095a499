#pragma once
// Files appear under their final name only when they are whole.
// Does not know what is in them.

#include <string>
#include <string_view>

namespace teapot {

/// Writes beside the target under a temporary name, then renames. Throws ConfigError where that cannot be done.
void write_file(const std::string& file, std::string_view content);

}  // namespace teapot

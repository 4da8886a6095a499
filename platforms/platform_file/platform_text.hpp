#pragma once
// A platform file's text, looked over once before SimGrid sees it.
// Knows no host and no link.

#include <string>

namespace teapot {

/// Throws ConfigError where the text is no XML, or holds tags or attributes by which SimGrid opens other files or
/// changes what a resource can do while the simulation runs. `file` is for messages and for its ending.
void check_platform_text(const std::string& text, const std::string& file);

}  // namespace teapot

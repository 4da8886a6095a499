#pragma once
// Text in a CSV cell (RFC 4180).
// Knows no table.

#include <string>

namespace teapot {

/// As it is, or quoted where it holds a comma, a quote or the end of a line.
inline std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string{"\"\""} : std::string{c};
  return quoted + '"';
}

}  // namespace teapot

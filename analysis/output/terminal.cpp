// Asks the terminal and the environment; puts escapes around lines.
// Does not know what the lines say, but for the words they begin or end with.

#include "analysis/output/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "analysis/output/text_table.hpp"

namespace teapot {
namespace {

constexpr const char* bold = "\033[1m";
constexpr const char* green = "\033[1;32m";
constexpr const char* yellow = "\033[33m";
constexpr const char* plain = "\033[0m";

const char* colour_of(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos) return nullptr;
  const std::string_view words = line.substr(begin);
  if (words.starts_with("warning: ")) return yellow;
  return words.starts_with("binding: ") || words.ends_with("  binding") ? bold : nullptr;
}

/// A line as several of at most `width` columns: words after its last run of spaces go on below that place. A line
/// with escapes, or whose last part begins too far to the right, stays as it is.
std::string within(const std::string& line, std::size_t width) {
  const std::size_t run = line.rfind("  ");
  const std::size_t begin = run == std::string::npos ? 0 : run + 2;
  const std::size_t indent = begin == 0 ? 2 : begin;
  if (width == 0 || display_width(line) <= width || 3 * indent > 2 * width || line.find('\033') != std::string::npos)
    return line;
  std::string text = line.substr(0, begin);
  bool first = true;
  for (const std::string& part : wrapped(line.substr(begin), width - indent)) {
    text += first ? part : '\n' + std::string(indent, ' ') + part;
    first = false;
  }
  return text;
}

}  // namespace

std::size_t terminal_width() {
  if (isatty(STDOUT_FILENO) != 1) return 0;
  const char* columns = std::getenv("COLUMNS");
  const long asked = columns != nullptr ? std::strtol(columns, nullptr, 10) : 0;
  if (asked > 0) return static_cast<std::size_t>(asked);
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool colours_wanted(bool terminal, const char* no_color, const char* term) {
  const bool refused = no_color != nullptr && *no_color != '\0';
  return terminal && !refused && term != nullptr && *term != '\0' && std::string_view{term} != "dumb";
}

bool colours() { return colours_wanted(isatty(STDOUT_FILENO) == 1, std::getenv("NO_COLOR"), std::getenv("TERM")); }

std::string best(const std::string& text, bool coloured) { return coloured ? green + text + plain : text; }

std::string highlighted(const std::string& text, bool coloured, std::size_t width) {
  if (!coloured && width == 0) return text;
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    const char* colour = coloured ? colour_of(line) : nullptr;
    const std::string lines = within(line, width);
    result += colour != nullptr ? colour + lines + plain : lines;
    if (end < text.size()) result += '\n';
    begin = end + 1;
  }
  return result;
}

}  // namespace teapot

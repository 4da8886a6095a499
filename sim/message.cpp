// Escapes and shortens.
// Does not know what the text is about.

#include "sim/message.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teapot {
namespace {

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

/// Bytes of the UTF-8 character at the beginning (RFC 3629); 0 where there is none.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!follows(1) || !follows(2)) return 0;
    if (first == 0xe0 && byte(1) < 0xa0) return 0;    // longer than it need be
    return first == 0xed && byte(1) >= 0xa0 ? 0 : 3;  // half of a UTF-16 pair
  }
  if (first < 0xf0 || first > 0xf4 || !follows(1) || !follows(2) || !follows(3)) return 0;
  if (first == 0xf0 && byte(1) < 0x90) return 0;
  return first == 0xf4 && byte(1) >= 0x90 ? 0 : 4;
}

std::string escape(unsigned char c) {
  switch (c) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return fmt::format("\\x{:02x}", c);
  }
}

/// Where the text may be cut near a place without halving a character.
std::size_t cut_at(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

}  // namespace

bool is_text(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto first = static_cast<unsigned char>(bytes.front());
    if (is_control(first) && first != '\n' && first != '\r' && first != '\t') return false;
    const std::size_t size = character(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string line;
  for (std::string_view rest = text; !rest.empty();) {
    const auto first = static_cast<unsigned char>(rest.front());
    const std::size_t size = character(rest);
    line += size == 0 || is_control(first) ? escape(first) : std::string{rest.substr(0, size)};
    rest.remove_prefix(std::max<std::size_t>(size, 1));
  }
  if (line.size() <= most) return line;
  const std::string note = fmt::format("... ({} bytes) ...", text.size());
  const std::size_t kept = most > note.size() ? most - note.size() : 0;
  std::size_t tail = line.size() - kept / 3;
  while (tail < line.size() && (static_cast<unsigned char>(line[tail]) & 0xc0) == 0x80) ++tail;
  return line.substr(0, cut_at(line, kept * 2 / 3)) + note + line.substr(tail);
}

std::string in_quotes(std::string_view value) { return '"' + one_line(value, 80) + '"'; }

}  // namespace teapot

#pragma once
// What a user wrote, as it may stand in a message: on one line, short, in printable characters.
// Knows no file and no key.

#include <string>
#include <string_view>

namespace teapot {

/// Whether the bytes are UTF-8 text: no control characters but line ends and tabs.
bool is_text(std::string_view bytes);

/// The text with control characters and bytes that are no UTF-8 written as escapes (\n, \x1b), and what is longer than
/// `most` bytes cut in its middle, which says how much was left out. Applied twice it changes nothing more.
std::string one_line(std::string_view text, std::size_t most = 1500);

/// A value in quotation marks, cut after some 80 bytes: "400 Gps".
std::string in_quotes(std::string_view value);

}  // namespace teapot

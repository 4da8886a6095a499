#pragma once
// What a terminal is given: its width, and colours where they help.
// Knows no table and no command.

#include <cstddef>
#include <string>

namespace teapot {

/// Columns of the terminal that the output goes to; COLUMNS says otherwise. 0 where it goes to none, and nothing needs
/// to fit.
std::size_t terminal_width();

/// Whether colours are wanted: on a terminal, unless NO_COLOR is set (no-color.org) or TERM is dumb or not set. Null: a
/// variable that is not set.
bool colours_wanted(bool terminal, const char* no_color, const char* term);
/// The same for this process's output.
bool colours();

/// In green and bold: the best of several.
std::string best(const std::string& text, bool coloured = colours());
/// The same text for a terminal: lines wider than it wrapped between words, under the place where their last part
/// began, warnings in yellow, what binds in bold. Width 0: any.
std::string highlighted(const std::string& text, bool coloured = colours(), std::size_t width = terminal_width());

}  // namespace teapot

#pragma once
// Tables for a terminal: columns as wide as they need, text to the left, numbers to the right.
// Knows no units and no command.

#include <string>
#include <vector>

#include "analysis/output/terminal.hpp"

namespace teapot {

class TextTable {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// One cell a column; fewer leave the rest empty.
  void add(std::vector<std::string> cells) { add(std::move(cells), false); }
  /// The best row stands out on a terminal with colours.
  void add(std::vector<std::string> cells, bool best) {
    rows_.push_back(std::move(cells));
    best_.push_back(best);
  }
  /// The table with a line under its titles; every line ends in a newline, and none in spaces. Where it is wider than
  /// `width`, the longest texts are wrapped, then columns are left out from the right, which a last line says. 0: any
  /// width.
  std::string to_text(const std::string& indent = "", std::size_t width = terminal_width()) const;

 private:
  std::size_t needed(std::size_t column) const;
  /// Makes the longest text narrower where that helps; how many columns then have room. 0: any room.
  std::size_t fit(std::vector<std::size_t>& width, std::size_t room) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<bool> best_;
};

/// Characters a terminal shows for UTF-8 text, each counted as one column.
std::size_t display_width(const std::string& text);

/// Lines of at most `width` characters, broken at spaces where there are some.
std::vector<std::string> wrapped(const std::string& text, std::size_t width);

}  // namespace teapot

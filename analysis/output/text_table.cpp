// Lays out cells.
// Does not know what they mean.

#include "analysis/output/text_table.hpp"

#include <algorithm>

namespace teapot {

std::size_t display_width(const std::string& text) {
  // Bytes that continue a UTF-8 character begin with the bits 10.
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string TextTable::to_text(const std::string& indent) const {
  std::vector<std::size_t> width;
  for (const auto& column : columns_) width.push_back(display_width(column.title));
  for (const auto& row : rows_) {
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], display_width(row[c]));
  }
  std::string text;
  const auto line = [&](const auto& cell) {
    std::string out = indent;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const std::string content = cell(c);
      const std::string space(width[c] - std::min(width[c], display_width(content)), ' ');
      if (c > 0) out += "  ";
      out += columns_[c].align == Align::right ? space + content : content + space;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    text += out + '\n';
  };
  line([&](std::size_t c) { return columns_[c].title; });
  line([&](std::size_t c) { return std::string(width[c], '-'); });
  for (const auto& row : rows_) line([&](std::size_t c) { return c < row.size() ? row[c] : std::string{}; });
  return text;
}

}  // namespace teapot

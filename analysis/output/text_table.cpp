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

std::size_t TextTable::needed(std::size_t column) const {
  std::size_t width = display_width(columns_[column].title);
  for (const auto& row : rows_) {
    if (column < row.size()) width = std::max(width, display_width(row[column]));
  }
  return width;
}

namespace {

constexpr std::size_t gap = 2;             // between columns
constexpr std::size_t least_wrapped = 24;  // a text is not made narrower than this

std::size_t total(const std::vector<std::size_t>& widths, std::size_t columns) {
  std::size_t sum = 0;
  for (std::size_t c = 0; c < columns; ++c) sum += widths[c] + (c > 0 ? gap : 0);
  return sum;
}

}  // namespace

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::string rest = text;
  while (display_width(rest) > width) {
    std::size_t cut = rest.rfind(' ', width);
    if (cut == std::string::npos || cut == 0) cut = rest.find(' ', width);  // one long word stays whole
    if (cut == std::string::npos) break;
    lines.push_back(rest.substr(0, cut));
    rest.erase(0, cut + 1);
  }
  lines.push_back(rest);
  return lines;
}

std::size_t TextTable::fit(std::vector<std::size_t>& width, std::size_t room) const {
  std::size_t shown = columns_.size();
  if (room == 0 || total(width, shown) <= room) return shown;
  const auto longest = static_cast<std::size_t>(std::max_element(width.begin(), width.end()) - width.begin());
  const std::size_t others = total(width, shown) - width[longest];
  if (columns_[longest].align == Align::left && others + least_wrapped <= room) width[longest] = room - others;
  while (shown > 1 && total(width, shown) > room) --shown;
  return shown;
}

std::string TextTable::to_text(const std::string& indent, std::size_t limit) const {
  std::vector<std::size_t> width;
  for (std::size_t c = 0; c < columns_.size(); ++c) width.push_back(needed(c));
  const std::size_t room = limit > indent.size() ? limit - indent.size() : 0;
  const std::size_t shown = fit(width, room);
  std::string text;
  const auto line = [&](const auto& cell) {
    std::vector<std::vector<std::string>> parts;
    std::size_t lines = 1;
    for (std::size_t c = 0; c < shown; ++c) {
      parts.push_back(wrapped(cell(c), room > 0 ? width[c] : std::string::npos));
      lines = std::max(lines, parts.back().size());
    }
    for (std::size_t l = 0; l < lines; ++l) {
      std::string out = indent;
      for (std::size_t c = 0; c < shown; ++c) {
        const std::string content = l < parts[c].size() ? parts[c][l] : std::string{};
        const std::string space(width[c] - std::min(width[c], display_width(content)), ' ');
        if (c > 0) out += "  ";
        out += columns_[c].align == Align::right ? space + content : content + space;
      }
      out.erase(out.find_last_not_of(' ') + 1);
      text += out + '\n';
    }
  };
  line([&](std::size_t c) { return columns_[c].title; });
  line([&](std::size_t c) { return std::string(width[c], '-'); });
  for (std::size_t r = 0; r < rows_.size(); ++r) {
    const std::size_t begin = text.size();
    line([&](std::size_t c) { return c < rows_[r].size() ? rows_[r][c] : std::string{}; });
    if (best_[r]) text = text.substr(0, begin) + best(text.substr(begin, text.size() - begin - 1)) + '\n';
  }
  if (shown == columns_.size()) return text;
  std::string hidden;
  for (std::size_t c = shown; c < columns_.size(); ++c) hidden += (hidden.empty() ? "" : ", ") + columns_[c].title;
  return text + indent + "(not shown for want of width: " + hidden + ")\n";
}

}  // namespace teapot

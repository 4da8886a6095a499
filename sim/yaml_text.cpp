// YAML text of a tree, in block style.
// Does not parse; what is not plain ASCII it leaves to the library (sim/yaml_text.hpp).

#include "sim/yaml_text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace teapot {
namespace {

constexpr std::size_t longest_simple_key = 1024;  // YAML 1.2.2, 7.4.2: a longer one is written after a question mark

bool is_plain_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

/// Whether a mark at this place stands by itself: a blank or the end follows.
bool ends_at(std::string_view text, std::size_t place) { return place + 1 == text.size() || text[place + 1] == ' '; }

/// YAML 1.2.2, 7.3.3: what reads as the same text without quotes.
bool reads_plain(std::string_view text) {
  static constexpr std::array<std::string_view, 5> nulls{"", "~", "null", "Null", "NULL"};
  if (std::find(nulls.begin(), nulls.end(), text) != nulls.end()) return false;
  if (text.front() == ' ' || text.back() == ' ' || text.starts_with("---") || text.starts_with("...")) return false;
  if (std::string_view{",[]{}#&*!|>'\"%@`"}.find(text.front()) != std::string_view::npos) return false;
  if ((text.front() == '-' || text.front() == '?') && ends_at(text, 0)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ':' && ends_at(text, i)) return false;
    if (text[i] == '#' && text[i - 1] == ' ') return false;
  }
  return true;
}

void add_scalar(std::string& out, const std::string& text) {
  if (!is_plain_ascii(text)) {
    out += library_yaml(text);
  } else if (reads_plain(text)) {
    out += text;
  } else {
    out += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
}

void add_block(std::string& out, const Tree& tree, std::size_t indent);

/// Behind a key or a dash: on the same line, or from the next one on.
void add_value(std::string& out, const Tree& value, std::size_t indent, bool behind_dash) {
  const bool list = value.kind == Tree::Kind::sequence;
  const bool mapping = value.kind == Tree::Kind::mapping;
  if (list || (mapping && !behind_dash)) {
    out += '\n';
    out.append(indent, ' ');
  } else {
    out += ' ';
  }
  add_block(out, value, indent);
}

/// From where the cursor is, which is `indent`; ends without a line end.
void add_block(std::string& out, const Tree& tree, std::size_t indent) {
  const auto next_line = [&](std::size_t i) {
    if (i == 0) return;
    out += '\n';
    out.append(indent, ' ');
  };
  switch (tree.kind) {
    case Tree::Kind::scalar:
      add_scalar(out, tree.text);
      break;
    case Tree::Kind::null:
      out += '~';
      break;
    case Tree::Kind::sequence:
      if (tree.items.empty()) out += "[]";
      for (std::size_t i = 0; i < tree.items.size(); ++i) {
        next_line(i);
        out += '-';
        add_value(out, tree.items[i], indent + 2, true);
      }
      break;
    case Tree::Kind::mapping:
      if (tree.entries.empty()) out += "{}";
      for (std::size_t i = 0; i < tree.entries.size(); ++i) {
        next_line(i);
        add_scalar(out, tree.entries[i].key);
        out += ':';
        add_value(out, tree.entries[i].value, indent + 2, false);
      }
      break;
  }
}

bool has_long_texts(const Tree& tree) {
  return tree.text.size() > longest_simple_key || std::any_of(tree.items.begin(), tree.items.end(), has_long_texts) ||
         std::any_of(tree.entries.begin(), tree.entries.end(), [](const Tree::Entry& entry) {
           return entry.key.size() > longest_simple_key || has_long_texts(entry.value);
         });
}

}  // namespace

std::string to_yaml(const Tree& tree) {
  if (has_long_texts(tree)) return library_yaml(tree) + '\n';
  std::string out;
  add_block(out, tree, 0);
  return out + '\n';
}

}  // namespace teapot

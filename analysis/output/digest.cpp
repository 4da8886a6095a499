// Hashes byte by byte.
// Does not know what the bytes mean.

#include "analysis/output/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace teapot {

void Digest::add_bytes(const char* data, std::size_t size) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide prime = (Wide{1} << 88) + 0x13b;
  Wide state = (Wide{high_} << 64) | low_;
  for (std::size_t i = 0; i < size; ++i) state = (state ^ static_cast<unsigned char>(data[i])) * prime;
  high_ = static_cast<std::uint64_t>(state >> 64);
  low_ = static_cast<std::uint64_t>(state);
}

void Digest::add(std::string_view text) {
  char length[24];
  char* const end = std::to_chars(length, length + sizeof length - 1, text.size()).ptr;
  *end = ':';
  add_bytes(length, static_cast<std::size_t>(end + 1 - length));
  add_bytes(text.data(), text.size());
}

void Digest::add(const Tree& tree) {
  switch (tree.kind) {
    case Tree::Kind::null:
      add("null");
      break;
    case Tree::Kind::scalar:
      add("scalar");
      add(tree.text);
      break;
    case Tree::Kind::sequence:
      add(fmt::format("sequence {}", tree.items.size()));
      for (const auto& item : tree.items) add(item);
      break;
    case Tree::Kind::mapping: {
      add(fmt::format("mapping {}", tree.entries.size()));
      std::vector<const Tree::Entry*> sorted;
      for (const auto& entry : tree.entries) sorted.push_back(&entry);
      std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
      for (const auto* entry : sorted) {
        add(entry->key);
        add(entry->value);
      }
      break;
    }
  }
}

std::string Digest::hex() const { return fmt::format("{:016x}{:016x}", high_, low_); }

}  // namespace teapot

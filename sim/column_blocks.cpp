// Finds blocks of columns, and adds counts to them.
// Does not know what a way is.

#include "sim/column_blocks.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "sim/wide.hpp"

namespace teapot {
namespace {

using Eight = std::array<std::uint16_t, ColumnBlocks::size>;

struct Target {
  std::uint32_t *by_slot, *by_near_slot, *by_pattern;
};

template <bool Near>
__attribute__((always_inline)) inline void add_each(const ColumnBlocks& columns, const std::uint16_t* counts,
                                                    const Target& to) {
  for (const ColumnBlocks::Block& block : columns.blocks) {
    std::array<std::uint32_t, ColumnBlocks::size> count;
    for (std::size_t i = 0; i < count.size(); ++i) count[i] = counts[i];
    counts += count.size();
    std::uint32_t* const slot = to.by_slot + block.slot;
    std::uint32_t* const pattern = to.by_pattern + block.pattern * count.size();
    for (std::size_t i = 0; i < count.size(); ++i) slot[i] += count[i];
    for (std::size_t i = 0; i < count.size(); ++i) pattern[i] += count[i];
    if constexpr (Near) {
      std::uint32_t* const near = to.by_near_slot + block.slot;
      const std::uint32_t* const mask = columns.near.data() + block.pattern * count.size();
      for (std::size_t i = 0; i < count.size(); ++i) near[i] += count[i] & mask[i];
    }
  }
}

TEAPOT_WIDE void add_far(const ColumnBlocks& columns, const std::uint16_t* counts, const Target& to) {
  add_each<false>(columns, counts, to);
}
TEAPOT_WIDE void add_near(const ColumnBlocks& columns, const std::uint16_t* counts, const Target& to) {
  add_each<true>(columns, counts, to);
}

}  // namespace

std::optional<ColumnBlocks> ColumnBlocks::of(std::span<const std::uint16_t> slots, std::span<const std::uint16_t> ways,
                                             std::uint16_t near_bit) {
  ColumnBlocks found;
  std::map<Eight, std::uint16_t> patterns;
  bool any_near = false;
  for (std::size_t first = 0; first + size <= slots.size(); first += size) {
    Eight own{};
    for (std::size_t i = 0; i < size; ++i) {
      if (slots[first + i] != slots[first] + i) return std::nullopt;
      own[i] = ways[first + i];
      any_near = any_near || (own[i] & near_bit) != 0;
    }
    const auto [pattern, is_new] = patterns.try_emplace(own, static_cast<std::uint16_t>(patterns.size()));
    if (is_new) found.ways.insert(found.ways.end(), own.begin(), own.end());
    found.blocks.push_back({slots[first], pattern->second});
  }
  if (2 * patterns.size() > found.blocks.size()) return std::nullopt;
  for (const std::uint16_t way : found.ways) {
    if (any_near) found.near.push_back((way & near_bit) != 0 ? ~0U : 0U);
  }
  for (std::uint16_t& way : found.ways) way &= static_cast<std::uint16_t>(~near_bit);
  return found;
}

void ColumnBlocks::add(const std::uint16_t* counts, std::uint32_t* by_slot, std::uint32_t* by_near_slot,
                       std::uint32_t* by_pattern) const {
  const Target to{by_slot, by_near_slot, by_pattern};
  near.empty() ? add_far(*this, counts, to) : add_near(*this, counts, to);
}

}  // namespace teapot

#pragma once
// The columns of a shape eight at a time: what goes to them is put in slots that follow one another, and sums of those
// that are reached alike are made for eight ways side by side. Knows no link.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace teapot {

struct ColumnBlocks {
  static constexpr std::size_t size = 8;
  struct Block {
    std::uint16_t slot;     // of its first column
    std::uint16_t pattern;  // blocks whose columns take the same eight ways have the same one
  };
  std::vector<Block> blocks;        // columns behind the last whole block are in none
  std::vector<std::uint16_t> ways;  // by pattern and column
  std::vector<std::uint32_t> near;  // likewise: all bits where the near link is on the way; empty: nowhere
  std::size_t patterns() const { return ways.size() / size; }
  std::size_t columns() const { return blocks.size() * size; }

  /// None where slots do not follow one another or where there are so many patterns that it does not pay.
  static std::optional<ColumnBlocks> of(std::span<const std::uint16_t> slots, std::span<const std::uint16_t> ways,
                                        std::uint16_t near_bit);
  /// Adds counts by slot, by slot where the near link is on the way, and by pattern and column.
  void add(const std::uint16_t* counts, std::uint32_t* by_slot, std::uint32_t* by_near_slot,
           std::uint32_t* by_pattern) const;
};

}  // namespace teapot

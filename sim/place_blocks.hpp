#pragma once
// Copies on links in blocks of eight places, of which most have nothing. Knows no link and no rank.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace teapot {

inline constexpr std::size_t places_in_block = 8;

/// Copies on the places from 8 * number on.
template <class Count>
struct PlaceBlock {
  std::uint32_t number = 0;
  std::array<Count, places_in_block> copies{};
};
using ShortBlock = PlaceBlock<std::uint16_t>;
using WideBlock = PlaceBlock<std::uint32_t>;

/// So many places in whole blocks.
inline std::size_t whole_blocks(std::size_t places) {
  return (places + places_in_block - 1) / places_in_block * places_in_block;
}

/// Sums by place, and in which blocks there may be any.
class PlaceSums {
 public:
  explicit PlaceSums(std::size_t places) : sums_(whole_blocks(places)), touched_(sums_.size() / places_in_block) {}

  void add(std::size_t place, std::uint32_t copies) {
    sums_[place] += copies;
    touch(place / places_in_block);
  }
  /// On places in a row.
  void add(std::size_t first, std::span<const std::uint32_t> copies);
  void add(std::span<const ShortBlock> blocks);
  /// What was added since the last call; of sums that are small enough for the blocks.
  template <class Count>
  void take(std::vector<PlaceBlock<Count>>& blocks) {
    blocks.clear();
    for (const std::uint32_t number : blocks_) {
      touched_[number] = 0;
      PlaceBlock<Count> block{number, {}};
      std::uint32_t any = 0;
      for (std::size_t i = 0; i < places_in_block; ++i) {
        const std::uint32_t sum = std::exchange(sums_[number * places_in_block + i], 0U);
        any |= sum;
        block.copies[i] = static_cast<Count>(sum);
      }
      if (any != 0) blocks.push_back(block);
    }
    blocks_.clear();
  }

 private:
  void touch(std::size_t number) {
    if (std::exchange(touched_[number], 1) == 0) blocks_.push_back(static_cast<std::uint32_t>(number));
  }

  std::vector<std::uint32_t> sums_;
  std::vector<char> touched_;          // by block: whether it is in blocks_
  std::vector<std::uint32_t> blocks_;  // in the order in which they were touched
};

}  // namespace teapot

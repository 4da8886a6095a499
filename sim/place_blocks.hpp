#pragma once
// Copies on links in blocks of eight places, of which most have nothing. Knows no link and no rank.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace teapot {

/// Copies on the places from 8 * number on.
struct PlaceBlock {
  static constexpr std::size_t size = 8;
  std::uint32_t number = 0;
  std::array<std::uint32_t, size> copies{};
};

/// So many places in whole blocks.
inline std::size_t whole_blocks(std::size_t places) {
  return (places + PlaceBlock::size - 1) / PlaceBlock::size * PlaceBlock::size;
}

/// Adds the copies of each block to sums by place.
void add_copies(std::span<const PlaceBlock> blocks, std::uint32_t* sums);

/// Sums by place, and the blocks in which there are any.
class PlaceSums {
 public:
  explicit PlaceSums(std::size_t places) : sums_(whole_blocks(places) / PlaceBlock::size), any_(sums_.size()) {}

  void add(std::size_t place, std::uint32_t copies) {
    PlaceBlock& block = touch(place / PlaceBlock::size);
    block.copies[place % PlaceBlock::size] += copies;
  }
  void add(std::span<const PlaceBlock> blocks) {
    for (const PlaceBlock& more : blocks) {
      PlaceBlock& block = touch(more.number);
      for (std::size_t i = 0; i < PlaceBlock::size; ++i) block.copies[i] += more.copies[i];
    }
  }
  /// What was added since the last call, in the order in which blocks got something first.
  void take(std::vector<PlaceBlock>& blocks) {
    blocks.clear();
    blocks.reserve(touched_.size());
    for (const std::uint32_t number : touched_) {
      blocks.push_back(sums_[number]);
      sums_[number] = {};
      any_[number] = 0;
    }
    touched_.clear();
  }

 private:
  PlaceBlock& touch(std::size_t number) {
    if (any_[number] == 0) {
      any_[number] = 1;
      sums_[number].number = static_cast<std::uint32_t>(number);
      touched_.push_back(static_cast<std::uint32_t>(number));
    }
    return sums_[number];
  }

  std::vector<PlaceBlock> sums_;
  std::vector<char> any_;
  std::vector<std::uint32_t> touched_;
};

}  // namespace teapot

// Sums to blocks and back.
// Does not know whose they are.

#include "sim/place_blocks.hpp"

#include "sim/batch_sums.hpp"
#include "sim/wide.hpp"

namespace teapot {
namespace {

TEAPOT_WIDE void add_copies(std::span<const ShortBlock> blocks, std::uint32_t* sums) {
  for (const ShortBlock& block : blocks) {
    std::uint32_t* const to = sums + block.number * places_in_block;
    for (std::size_t i = 0; i < places_in_block; ++i) to[i] += block.copies[i];
  }
}

}  // namespace

void PlaceSums::add(std::size_t first, std::span<const std::uint32_t> copies) {
  if (copies.empty()) return;
  add_counts(copies.size(), copies.data(), sums_.data() + first);
  for (std::size_t b = first / places_in_block; b <= (first + copies.size() - 1) / places_in_block; ++b) touch(b);
}

void PlaceSums::add(std::span<const ShortBlock> blocks) {
  add_copies(blocks, sums_.data());
  for (const ShortBlock& block : blocks) touch(block.number);
}

}  // namespace teapot

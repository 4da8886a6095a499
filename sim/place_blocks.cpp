// Sums of blocks.
// Does not know whose they are.

#include "sim/place_blocks.hpp"

#include "sim/wide.hpp"

namespace teapot {
namespace {

TEAPOT_WIDE void add_each(const PlaceBlock* block, const PlaceBlock* end, std::uint32_t* sums) {
  for (; block < end; ++block) {
    std::uint32_t* const to = sums + block->number * PlaceBlock::size;
    for (std::size_t i = 0; i < PlaceBlock::size; ++i) to[i] += block->copies[i];
  }
}

}  // namespace

void add_copies(std::span<const PlaceBlock> blocks, std::uint32_t* sums) {
  add_each(blocks.data(), blocks.data() + blocks.size(), sums);
}

}  // namespace teapot

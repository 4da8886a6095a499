// Columns of links, and those that several transfers share.
// Does not know what the bytes are for.

#include "sim/fluid_links.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>

#include "sim/wide.hpp"

namespace teapot {
namespace {

// Four links at a time; an element of a mask is all ones where it holds.
using Four = double __attribute__((vector_size(32)));
using FourCounts = std::int32_t __attribute__((vector_size(16)));
using FourShort = std::uint16_t __attribute__((vector_size(8)));
using Mask = std::int64_t __attribute__((vector_size(32)));

/// What is put on links with room for one transfer each, in columns.
struct Columns {
  double transfer;
  double now;
  double *updated, *remaining_s, *owner;
};

/// FluidLink::add for four links in a row, or as many as `bytes` of doubles hold. Those that have another transfer on
/// them are left as they were, and become all ones in `others`.
template <class Count>
__attribute__((always_inline)) inline void add_four(const Columns& to, std::size_t place, const Count* copies,
                                                    const double* seconds_per_copy, std::size_t bytes, Mask& others) {
  using Counts = std::conditional_t<sizeof(Count) == 2, FourShort, FourCounts>;
  Counts counts{};
  Four seconds{};
  Four then{};
  Four remaining{};
  Four own{};
  std::memcpy(&counts, copies, bytes / sizeof(double) * sizeof(Count));
  std::memcpy(&seconds, seconds_per_copy, bytes);
  std::memcpy(&then, to.updated + place, bytes);
  std::memcpy(&remaining, to.remaining_s + place, bytes);
  std::memcpy(&own, to.owner + place, bytes);
  const Four number = __builtin_convertvector(counts, Four);
  const Four still = remaining - (to.now - then);
  const Mask full = still > same_time_s;
  const Mask any = number != 0;
  const Mask other = full & any & (own != to.transfer);
  const Mask here = any & ~other;
  others |= other;
  remaining = here ? (full ? still : Four{}) + number * seconds : remaining;
  then = here ? to.now + Four{} : then;
  own = here ? to.transfer + Four{} : own;
  std::memcpy(to.remaining_s + place, &remaining, bytes);
  std::memcpy(to.updated + place, &then, bytes);
  std::memcpy(to.owner + place, &own, bytes);
}

bool any_of(const Mask& mask) { return (mask[0] | mask[1] | mask[2] | mask[3]) != 0; }

/// For links in a row. Returns whether any has another transfer on it.
TEAPOT_WIDE bool add_in_columns(Columns to, std::size_t count, const std::uint32_t* copies,
                                const double* seconds_per_copy) {
  Mask others{};
  // What several senders reach is in runs: many links in a row have nothing.
  const auto nothing_in_eight = [&](std::size_t i) __attribute__((always_inline)) {
    FourCounts low{};
    FourCounts high{};
    std::memcpy(&low, copies + i, sizeof low);
    std::memcpy(&high, copies + i + 4, sizeof high);
    const FourCounts any = low | high;
    return (any[0] | any[1] | any[2] | any[3]) == 0;
  };
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    if (nothing_in_eight(i)) continue;
    add_four(to, i, copies + i, seconds_per_copy + i, sizeof(Four), others);
    add_four(to, i + 4, copies + i + 4, seconds_per_copy + i + 4, sizeof(Four), others);
  }
  for (; i + 4 <= count; i += 4) add_four(to, i, copies + i, seconds_per_copy + i, sizeof(Four), others);
  if (i < count) add_four(to, i, copies + i, seconds_per_copy + i, (count - i) * sizeof(double), others);
  return any_of(others);
}

template <class Block>
__attribute__((always_inline)) inline bool add_each_block(Columns to, std::span<const Block> blocks,
                                                          const double* seconds_per_copy) {
  Mask others{};
  for (const Block& block : blocks) {
    for (std::size_t half = 0; half < places_in_block; half += 4) {
      const std::size_t place = block.number * places_in_block + half;
      add_four(to, place, block.copies.data() + half, seconds_per_copy + place, sizeof(Four), others);
    }
  }
  return any_of(others);
}

/// For links in blocks.
TEAPOT_WIDE bool add_in_columns(Columns to, std::span<const ShortBlock> blocks, const double* seconds_per_copy) {
  return add_each_block(to, blocks, seconds_per_copy);
}
TEAPOT_WIDE bool add_in_columns(Columns to, std::span<const WideBlock> blocks, const double* seconds_per_copy) {
  return add_each_block(to, blocks, seconds_per_copy);
}

}  // namespace

void FluidLinks::add_row(std::size_t first, int transfer, std::span<const std::uint32_t> copies,
                         const double* seconds_per_copy, double now) {
  const Columns columns{static_cast<double>(transfer), now, updated_.data() + first, remaining_s_.data() + first,
                        owner_.data() + first};
  if (!add_in_columns(columns, copies.size(), copies.data(), seconds_per_copy)) return;
  for (std::size_t i = 0; i < copies.size(); ++i)
    add_left_over(first + i, transfer, copies[i], seconds_per_copy[i], now);
}

template <class Block>
void FluidLinks::add_all(std::span<const Block> blocks, int transfer, const double* seconds_per_copy, double now) {
  const Columns columns{static_cast<double>(transfer), now, updated_.data(), remaining_s_.data(), owner_.data()};
  if (!add_in_columns(columns, blocks, seconds_per_copy)) return;
  for (const Block& block : blocks) {
    const std::size_t first = block.number * places_in_block;
    for (std::size_t i = 0; i < places_in_block; ++i)
      add_left_over(first + i, transfer, block.copies[i], seconds_per_copy[first + i], now);
  }
}

void FluidLinks::add_blocks(std::span<const ShortBlock> blocks, int transfer, const double* seconds_per_copy,
                            double now) {
  add_all(blocks, transfer, seconds_per_copy, now);
}
void FluidLinks::add_blocks(std::span<const WideBlock> blocks, int transfer, const double* seconds_per_copy,
                            double now) {
  add_all(blocks, transfer, seconds_per_copy, now);
}

/// On a link that has another transfer on it.
void FluidLinks::add_left_over(std::size_t place, int transfer, std::uint32_t copies, double seconds_per_copy,
                               double now) {
  if (copies != 0 && owner_[place] != transfer) add_shared(place, transfer, copies * seconds_per_copy, now);
}

bool FluidLinks::add_shared(std::size_t place, int transfer, double seconds, double now) {
  if (several_.empty()) several_.resize(owner_.size());
  FluidLink& link = several_[place];
  const auto bucket = [&](int of, double seconds_of) {
    const Transfer& t = transfers_[static_cast<std::size_t>(of)];
    return FluidLink::Bucket{of, t.priority, t.weight, seconds_of};
  };
  if (owner_[place] != shared) {
    link = {};
    link.add(bucket(static_cast<int>(owner_[place]), remaining_s_[place] - (now - updated_[place])), now);
  }
  const bool fresh = link.add(bucket(transfer, seconds), now);
  settle(place, now);
  return fresh;
}

void FluidLinks::drain_shared(std::size_t place, double now) {
  several_[place].drain(now);
  settle(place, now);
}

/// A link with one transfer left goes back into the columns. With a weight it stays: a part and back is not the whole.
void FluidLinks::settle(std::size_t place, double now) {
  const FluidLink& link = several_[place];
  const FluidLink::Bucket* const alone = link.alone();
  updated_[place] = now;
  if (link.empty()) {
    owner_[place] = nobody;
    remaining_s_[place] = 0;
  } else if (alone != nullptr && alone->weight == 1) {
    owner_[place] = alone->transfer;
    remaining_s_[place] = alone->remaining_s;
  } else {
    owner_[place] = shared;
    remaining_s_[place] = std::numeric_limits<double>::infinity();
  }
}

}  // namespace teapot

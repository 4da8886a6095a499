// Columns of links, and those that several transfers share.
// Does not know what the bytes are for.

#include "sim/fluid_links.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "sim/wide.hpp"

namespace teapot {
namespace {

// Four links at a time; an element of a mask is all ones where it holds.
using Four = double __attribute__((vector_size(32)));
using FourCounts = std::int32_t __attribute__((vector_size(16)));
using Mask = std::int64_t __attribute__((vector_size(32)));

/// FluidLink::add for links in a row with room for one transfer. Returns whether any has another one on it: it is left
/// as it was.
TEAPOT_WIDE bool add_in_columns(std::size_t count, double transfer, const std::uint32_t* copies,
                                const double* seconds_per_copy, double now, double* updated, double* remaining_s,
                                double* owner) {
  Mask others{};
  const auto add_four = [&](std::size_t i, std::size_t bytes) __attribute__((always_inline)) {
    FourCounts counts{};
    Four seconds{};
    Four then{};
    Four remaining{};
    Four own{};
    std::memcpy(&counts, copies + i, bytes / 2);
    std::memcpy(&seconds, seconds_per_copy + i, bytes);
    std::memcpy(&then, updated + i, bytes);
    std::memcpy(&remaining, remaining_s + i, bytes);
    std::memcpy(&own, owner + i, bytes);
    const Four number = __builtin_convertvector(counts, Four);
    const Four still = remaining - (now - then);
    const Mask full = still > same_time_s;
    const Mask any = number != 0;
    const Mask other = full & any & (own != transfer);
    const Mask here = any & ~other;
    others |= other;
    remaining = here ? (full ? still : Four{}) + number * seconds : remaining;
    then = here ? now + Four{} : then;
    own = here ? transfer + Four{} : own;
    std::memcpy(remaining_s + i, &remaining, bytes);
    std::memcpy(updated + i, &then, bytes);
    std::memcpy(owner + i, &own, bytes);
  };
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
    add_four(i, sizeof(Four));
    add_four(i + 4, sizeof(Four));
  }
  for (; i + 4 <= count; i += 4) add_four(i, sizeof(Four));
  if (i < count) add_four(i, (count - i) * sizeof(double));
  return (others[0] | others[1] | others[2] | others[3]) != 0;
}

}  // namespace

void FluidLinks::add_row(std::size_t first, int transfer, std::span<const std::uint32_t> copies,
                         const double* seconds_per_copy, double now) {
  if (!add_in_columns(copies.size(), transfer, copies.data(), seconds_per_copy, now, updated_.data() + first,
                      remaining_s_.data() + first, owner_.data() + first))
    return;
  for (std::size_t i = 0; i < copies.size(); ++i) {
    if (copies[i] != 0 && owner_[first + i] != transfer)
      add_shared(first + i, transfer, copies[i] * seconds_per_copy[i], now);
  }
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

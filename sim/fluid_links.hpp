#pragma once
// All links as fluids, column by column: nearly always one transfer at most is on a link, and links in a row get more
// of it at the same time. Knows no rank and no route.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "sim/fluid_link.hpp"
#include "sim/place_blocks.hpp"

namespace teapot {

class FluidLinks {
 public:
  explicit FluidLinks(std::size_t links)
      : updated_(whole_blocks(links)), remaining_s_(updated_.size()), owner_(updated_.size(), nobody) {}

  /// The next transfer: they are numbered from 0 on.
  void begin(int priority, double weight) { transfers_.push_back({priority, weight}); }
  /// As FluidLink::add, drain and drained_at, for a link by its place.
  bool add(std::size_t place, int transfer, double seconds, double now) {
    const double still_s = remaining_s_[place] - (now - updated_[place]);
    const bool drained = still_s <= same_time_s;
    if (!drained && owner_[place] != transfer) [[unlikely]]
      return add_shared(place, transfer, seconds, now);
    // Whether the link has drained since the last bytes is as good as random: no branch.
    updated_[place] = now;
    owner_[place] = transfer;
    remaining_s_[place] = (drained ? 0.0 : still_s) + seconds;
    return drained;
  }
  /// Adds what a transfer has on links: for each, link and copies, `of(link)` is its place, and seconds_per_copy and
  /// the sum of copies, `carried`, are by place. Appends the places where it had nothing.
  template <class OnLink>
  void add_each(std::span<const OnLink> batch, const int* place_of, int transfer, const double* seconds_per_copy,
                double* carried, double now, std::vector<int>& fresh);
  void drain(std::size_t place, double now) {
    if (owner_[place] == shared) return drain_shared(place, now);
    remaining_s_[place] -= now - updated_[place];
    updated_[place] = now;
    if (remaining_s_[place] <= same_time_s) owner_[place] = nobody;
  }
  /// drain(), then drained_at().
  double drain_of(std::size_t place, int transfer, double now) {
    drain(place, now);
    return drained_at(place, transfer);
  }
  /// drain_of() at each of the times, which increase, until nothing of the transfer is left: then -1.
  double drain_often(std::size_t place, int transfer, std::span<const double> times) {
    // However it is rounded on the way: bytes that come later come to a link that has drained.
    constexpr double surely_s = 1e-12;
    if (!times.empty() && owner_[place] == transfer &&
        remaining_s_[place] - (times.back() - updated_[place]) < -surely_s) {
      owner_[place] = nobody;
      return -1;
    }
    double time = drained_at(place, transfer);
    for (std::size_t i = 0; i < times.size() && time >= 0; ++i) time = drain_of(place, transfer, times[i]);
    return time;
  }
  double drained_at(std::size_t place, int transfer) const {
    if (owner_[place] == shared) return several_[place].drained_at(transfer);
    return owner_[place] == transfer ? updated_[place] + remaining_s_[place] : -1;
  }
  /// Adds copies on links in a row, from `first` on, where there are any: copies * seconds_per_copy of each.
  void add_row(std::size_t first, int transfer, std::span<const std::uint32_t> copies, const double* seconds_per_copy,
               double now);
  /// The same on the places of each block. `seconds_per_copy`: of all places, and of those that fill the last block.
  void add_blocks(std::span<const ShortBlock> blocks, int transfer, const double* seconds_per_copy, double now);
  void add_blocks(std::span<const WideBlock> blocks, int transfer, const double* seconds_per_copy, double now);

 private:
  static constexpr double nobody = -1;
  static constexpr double shared = -2;  // see several_; what remains is then infinite here

  template <class Block>
  void add_all(std::span<const Block> blocks, int transfer, const double* seconds_per_copy, double now);
  void add_left_over(std::size_t place, int transfer, std::uint32_t copies, double seconds_per_copy, double now);
  bool add_shared(std::size_t place, int transfer, double seconds, double now);
  void drain_shared(std::size_t place, double now);
  void settle(std::size_t place, double now);

  struct Transfer {
    int priority;
    double weight;
  };
  std::vector<Transfer> transfers_;
  std::vector<double> updated_, remaining_s_;
  std::vector<double> owner_;  // the transfer: in a column as wide as the others
  std::vector<FluidLink> several_;
};

template <class OnLink>
void FluidLinks::add_each(std::span<const OnLink> batch, const int* place_of, int transfer,
                          const double* seconds_per_copy, double* carried, double now, std::vector<int>& fresh) {
  double* const updated = updated_.data();
  double* const remaining_s = remaining_s_.data();
  double* const owner = owner_.data();
  const std::size_t before = fresh.size();
  fresh.resize(before + batch.size());
  int* next = fresh.data() + before;
  for (const auto& [link, copies] : batch) {
    const int place = place_of[link];
    carried[place] += copies;
    const double seconds = copies * seconds_per_copy[place];
    const double still_s = remaining_s[place] - (now - updated[place]);
    const bool drained = still_s <= same_time_s;
    // Whether a link has drained since the last bytes is as good as random: the next place is written either way.
    *next = place;
    if (!drained && owner[place] != transfer) [[unlikely]] {
      next += add_shared(static_cast<std::size_t>(place), transfer, seconds, now) ? 1 : 0;
      continue;
    }
    next += drained ? 1 : 0;
    updated[place] = now;
    owner[place] = transfer;
    remaining_s[place] = (drained ? 0.0 : still_s) + seconds;
  }
  fresh.resize(static_cast<std::size_t>(next - fresh.data()));
}

}  // namespace teapot

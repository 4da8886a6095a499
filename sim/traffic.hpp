#pragma once
// Who sends how many copies to whom in one collective: a sparse matrix over its ranks (and passive endpoints, numbered
// after them), by sender. A copy is the unit that is sent; its size belongs to the collective.

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "sim/recent.hpp"
#include "sim/traffic_shape.hpp"

namespace teapot {

class Traffic {
 public:
  explicit Traffic(int endpoints = 0) : ranks(endpoints) {}
  /// All rows at once: whole numbers in the order of the shape's rows and columns, zeros among them.
  Traffic(std::shared_ptr<const TrafficShape> shape, std::vector<std::uint16_t> counts);

  int ranks = 0;      ///< rows and columns
  double tokens = 0;  ///< that a rank has before they are copied, in the mean; 0: not told
  /// Ranks with the same number may exchange something, others never do (-1: takes no part); one entry a row.
  /// Shared between the collectives of a program, so that what depends on it alone is computed once.
  std::shared_ptr<const std::vector<int>> groups;

  /// Appends to the row under way: destinations increase within a row and are never the row itself. A pair without
  /// copies still waits for its sender.
  void add(int destination, double copies) {
    if (copies > 0 && copies < as_before && copies == static_cast<double>(static_cast<int>(copies))) {
      add_count(destination, static_cast<std::uint32_t>(copies));
    } else {
      std::uint8_t* const code = begin_pair(destination);
      *code = copies == repeated_ ? as_before : 0;
      ++used_;
      if (copies != repeated_) append(repeated_ = copies);
      whole_ = whole_ && copies == std::floor(copies);
      short_ = false;
    }
  }
  /// The same for a whole number of copies.
  void add_count(int destination, std::uint32_t copies) {
    if (copies - 1 >= as_before - 1U) return add(destination, static_cast<double>(copies));
    *begin_pair(destination) = static_cast<std::uint8_t>(copies);
    ++used_;
  }
  /// Ends the row under way; a matrix has as many rows as ranks.
  void end_row() {
    row_begin_.push_back(used_);
    last_ = -1;
    repeated_ = 0;
  }
  void reserve(std::size_t pairs) {
    if (2 * pairs + longest_pair > code_.size()) code_.resize(2 * pairs + longest_pair);
  }
  void shrink_to_fit() {
    code_.resize(used_);
    code_.shrink_to_fit();
  }

  std::size_t pairs() const { return pairs_; }
  bool whole() const { return whole_; }         ///< all copies are whole numbers
  bool short_counts() const { return short_; }  ///< all are, and below 255
  /// Calls f(destination, copies) for each receiver of a rank, in increasing order.
  template <class F>
  void for_each_receiver(int rank, F&& f) const {
    if (shape_) {
      const std::uint16_t* count = counts_.data() + shape_->begin(rank);
      for (const int destination : shape_->columns(rank)) {
        if (const double copies = *count++; copies != 0) f(destination, copies);
      }
      return;
    }
    const std::uint8_t* at = code_.data() + row_begin_[static_cast<std::size_t>(rank)];
    const std::uint8_t* const end = code_.data() + row_begin_[static_cast<std::size_t>(rank) + 1];
    int destination = -1;
    double repeated = 0;
    while (at < end) {
      const int gap = *at++;
      destination += gap != 0 ? gap : take<int>(at);
      const std::uint8_t copies = *at++;
      if (copies == 0) repeated = take<double>(at);
      f(destination, copies != 0 && copies != as_before ? copies : repeated);
    }
  }
  /// The same where counts are short, zeros among them: g(destination, copies) for those from `first` to below
  /// `beyond`, f for others.
  template <class F, class G>
  void for_each_count(int rank, int first, int beyond, F&& f, G&& g) const {
    if (shape_) {
      const std::uint16_t* count = counts_.data() + shape_->begin(rank);
      const int* at = shape_->columns(rank).data();
      const int* const end = at + shape_->columns(rank).size();
      while (at < end && *at < first) f(*at++, std::uint32_t{*count++});
      while (at < end && *at < beyond) g(*at++, std::uint32_t{*count++});
      while (at < end) f(*at++, std::uint32_t{*count++});
      return;
    }
    const std::uint8_t* at = code_.data() + row_begin_[static_cast<std::size_t>(rank)];
    const std::uint8_t* const end = code_.data() + row_begin_[static_cast<std::size_t>(rank) + 1];
    int destination = -1;
    const auto walk = [&](int until, auto&& see) {
      while (at < end) {
        const std::uint8_t* next = at;
        const int gap = *next++;
        const int to = destination + (gap != 0 ? gap : take<int>(next));
        if (to >= until) return;
        see(destination = to, std::uint32_t{*next++});
        at = next;
      }
    };
    walk(first, f);
    walk(beyond, g);
    walk(ranks, f);
  }
  /// Copies from one rank to another.
  double copies(int from, int to) const;
  int receivers(int rank) const;
  /// Whether the rank has a row with anything in it, be it pairs without copies.
  bool has_row(int rank) const {
    const auto row = static_cast<std::size_t>(rank);
    return shape_ ? !shape_->columns(rank).empty() : row_begin_[row + 1] > row_begin_[row];
  }
  double total() const;
  bool operator==(const Traffic& other) const;
  friend Traffic transposed(const Traffic& traffic, std::shared_ptr<const TrafficShape> turned);
  const std::shared_ptr<const TrafficShape>& shape() const { return shape_; }  ///< null: rows stand one by one
  /// Of a shape's columns, in their order.
  const std::uint16_t* counts_of(int row) const { return counts_.data() + shape_->begin(row); }

 private:
  // Two bytes a pair: the distance from the destination before (0: more than a byte, which follows in four), and the
  // copies, where they are a whole number that fits (0: another number, which follows in eight bytes).
  static constexpr std::uint8_t as_before = 255;  // the last such number once more

  static constexpr std::size_t longest_pair = 14;

  /// Writes the distance; returns where the copies go.
  std::uint8_t* begin_pair(int destination) {
    const int gap = destination - last_;
    assert(gap > 0 && destination < ranks);
    last_ = destination;
    ++pairs_;
    if (used_ + longest_pair > code_.size()) code_.resize(2 * code_.size() + 8 * longest_pair);
    used_ += put_gap(code_.data() + used_, gap);
    return code_.data() + used_;
  }
  static std::size_t put_gap(std::uint8_t* to, int gap) {
    if (gap < 256) {
      *to = static_cast<std::uint8_t>(gap);
      return 1;
    }
    *to = 0;
    std::memcpy(to + 1, &gap, sizeof gap);
    return 1 + sizeof gap;
  }
  void append(double value) {
    std::memcpy(code_.data() + used_, &value, sizeof value);
    used_ += sizeof value;
  }
  template <class T>
  static T take(const std::uint8_t*& at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    at += sizeof value;
    return value;
  }

  std::vector<std::uint64_t> row_begin_{0};
  std::vector<std::uint8_t> code_;  // room for more behind what is used
  std::size_t used_ = 0;
  std::size_t pairs_ = 0;
  bool whole_ = true;
  bool short_ = true;    // all copies take one byte
  int last_ = -1;        // of the row under way
  double repeated_ = 0;  // of the row under way
  // Or all of it in the order of a shape.
  std::shared_ptr<const TrafficShape> shape_;
  std::vector<std::uint16_t> counts_;
};

/// The same exchange the other way round (a combine is the transpose of its dispatch). `turned`: its shape's transpose,
/// where that is known.
Traffic transposed(const Traffic& traffic, std::shared_ptr<const TrafficShape> turned = nullptr);

/// By rank, whether it sends anything: as the matrix says, or against its direction.
std::vector<char> senders_of(const Traffic& traffic, bool reversed);

/// The transposes of the last few matrices: a combine follows its dispatch, and micro-batches alternate.
class Transposes {
 public:
  explicit Transposes(std::size_t matrices = 4) : kept_(matrices), shapes_(matrices) {}
  std::shared_ptr<const Traffic> of(const std::shared_ptr<const Traffic>& traffic);

 private:
  template <class T>
  using Turned = Recent<std::shared_ptr<const T>, std::shared_ptr<const T>>;
  Turned<Traffic> kept_;
  Turned<TrafficShape> shapes_;
};

/// The rows from the first to before the second; the others are empty. `groups`: of what is left.
Traffic rows_of(const Traffic& traffic, int first, int beyond, std::shared_ptr<const std::vector<int>> groups);
/// From a dense matrix, row-major; zeros and the diagonal are left out. All ranks are in one group.
Traffic from_dense(int ranks, const std::vector<double>& copies);
/// All ranks in one group.
std::shared_ptr<const std::vector<int>> one_group(int ranks);
/// Consecutive groups of `size` ranks.
std::shared_ptr<const std::vector<int>> groups_of(int ranks, int size);
/// Each rank sends copies to every other rank of its group: its entry of `copies_of_rank`.
Traffic all_to_all(std::shared_ptr<const std::vector<int>> groups, const std::vector<double>& copies_of_rank);
/// All send as many; nothing is exchanged where that is 0.
Traffic all_to_all(std::shared_ptr<const std::vector<int>> groups, double copies);

}  // namespace teapot

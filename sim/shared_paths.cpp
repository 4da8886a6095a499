// A hash table of lists of hops, open addressing.
// Does not know whose ways they are.

#include "sim/shared_paths.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>

#include "sim/index.hpp"
#include "sim/random.hpp"

namespace teapot {
namespace {

std::uint64_t add_to_hash(std::uint64_t hash, std::uint32_t link, float share) {
  return mix(hash + 0x9e3779b97f4a7c15ULL + (std::uint64_t{link} << 32 | std::bit_cast<std::uint32_t>(share)));
}

std::uint64_t hash_of(const Hop* first, const Hop* last) {
  std::uint64_t hash = 1;
  for (; first != last; ++first) {
    hash = add_to_hash(hash, static_cast<std::uint32_t>(first->link), static_cast<float>(first->share));
  }
  return hash;
}

}  // namespace

SharedPaths::SharedPaths() : slots_(1024) {}

bool SharedPaths::is(Id id, const Hop* first, const Hop* last) const {
  if (words_[id] != static_cast<std::uint32_t>(last - first)) return false;
  for (std::size_t i = id + 1; first != last; ++first, ++i) {
    const float share = shares_.empty() ? 1.0F : shares_[i];
    if (words_[i] != static_cast<std::uint32_t>(first->link) || share != static_cast<float>(first->share)) return false;
  }
  return true;
}

void SharedPaths::expect_no_more(double of_all) {
  constexpr double hardly_any = 1.0 / 8;
  if (!looks_ || static_cast<double>(added_ - lists_) >= hardly_any * static_cast<double>(added_)) return;
  empty_ = add(nullptr, nullptr);
  looks_ = false;
  end_of_looked_for_ = words_.size();
  slots_ = {};
  // Room for about all: what is not used takes no memory, and hundreds of megabytes are not moved time and again.
  constexpr double and_some = 1.1;
  const auto all = static_cast<std::size_t>(and_some / of_all * static_cast<double>(words_.size()));
  words_.reserve(all);
  if (!shares_.empty()) shares_.reserve(all);
}

void SharedPaths::replace(Id id, const Hop* first, const Hop* last) {
  const std::size_t end = id + 1 + words_[id];
  assert(static_cast<std::size_t>(last - first) <= words_[id]);
  words_[id] = static_cast<std::uint32_t>(last - first);
  std::size_t i = id + 1;
  for (; first != last; ++first, ++i) {
    words_[i] = static_cast<std::uint32_t>(first->link);
    if (!shares_.empty()) shares_[i] = static_cast<float>(first->share);
  }
  std::fill(words_.begin() + static_cast<std::ptrdiff_t>(i), words_.begin() + static_cast<std::ptrdiff_t>(end), 0U);
}

SharedPaths::Id SharedPaths::add(const Hop* first, const Hop* last) {
  if (!looks_) return first == last ? empty_ : append(first, last);
  ++added_;
  std::size_t slot = hash_of(first, last) & (slots_.size() - 1);
  for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    if (is(slots_[slot] - 1, first, last)) return slots_[slot] - 1;
  }
  const Id id = append(first, last);
  slots_[slot] = id + 1;
  if (2 * ++lists_ > slots_.size()) grow();
  return id;
}

SharedPaths::Id SharedPaths::append(const Hop* first, const Hop* last) {
  assert(words_.size() < std::numeric_limits<Id>::max() - 64);
  const std::size_t id = words_.size();
  const auto count = static_cast<std::size_t>(last - first);
  if (shares_.empty() && std::any_of(first, last, [](const Hop& hop) { return hop.share != 1; })) shares_.assign(id, 1);
  words_.resize(id + 1 + count);
  words_[id] = static_cast<std::uint32_t>(count);
  std::transform(first, last, words_.begin() + static_cast<std::ptrdiff_t>(id) + 1,
                 [](const Hop& hop) { return static_cast<std::uint32_t>(hop.link); });
  if (shares_.empty()) return static_cast<Id>(id);
  shares_.resize(id + 1 + count, 1);
  float* share = shares_.data() + id + 1;
  for (; first != last; ++first) {
    const auto part = static_cast<float>(first->share);  // at most 1
    exact_ = exact_ && static_cast<float>(static_cast<int>(256 * part)) == 256 * part;
    *share++ = part;
  }
  return static_cast<Id>(id);
}

void SharedPaths::grow() {
  std::vector<Id> larger(4 * slots_.size());
  for (std::size_t id = 0; id < words_.size(); id += 1 + words_[id]) {
    std::uint64_t hash = 1;
    for (std::size_t i = id + 1; i <= id + words_[id]; ++i) {
      hash = add_to_hash(hash, words_[i], shares_.empty() ? 1.0F : shares_[i]);
    }
    std::size_t slot = hash & (larger.size() - 1);
    while (larger[slot] != 0) slot = (slot + 1) & (larger.size() - 1);
    larger[slot] = static_cast<Id>(id) + 1;
  }
  slots_ = std::move(larger);
}

void SharedPaths::freeze() {
  slots_ = {};
  const auto fit = [](auto& column) {
    if (column.capacity() - column.size() > column.size() / 8) column.shrink_to_fit();
  };
  fit(words_);
  fit(shares_);
}

}  // namespace teapot

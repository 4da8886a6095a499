// Sums by link of the ranks of a batch.
// Does not know when they enter.

#include "sim/link_batches.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "sim/index.hpp"

namespace teapot {

int LinkBatches::recall(const std::shared_ptr<const Traffic>& started, const Collective& collective) {
  constexpr std::size_t remembered = 8;  // a step goes round a few: two micro-batches, to and fro, all-reduces
  // Where a message is carried once for several receivers, what a rank adds depends on who came before.
  if (collective.carry != Collective::Carry::each) return -1;
  const Known wanted{started, collective.start, numbers_};
  const auto found = std::find(seen_.begin(), seen_.end(), wanted);
  if (found != seen_.end()) return found->number;
  if (seen_.size() >= remembered) {
    if (const auto kept = kept_.find(seen_.front().number); kept != kept_.end()) {
      for (const auto& [rank, batch] : kept->second) room_ += batch.links.size();
      kept_.erase(kept);
    }
    seen_.erase(seen_.begin());
  }
  seen_.push_back(wanted);
  ++numbers_;
  return -1;
}

const std::vector<LinkBatches::OnLink>& LinkBatches::of(LinkCopies& copies, const std::vector<int>& ranks,
                                                        int recalled) {
  if (recalled < 0 || std::none_of(seen_.begin(), seen_.end(), [&](const Known& k) { return k.number == recalled; })) {
    gather(copies, ranks, Order::any);
    return unkept_;
  }
  Batch& batch = kept_[recalled][ranks.front()];
  batch.used = ++calls_;
  if (batch.ranks == ranks) return batch.links;
  gather(copies, ranks, Order::of_links);
  room_ += batch.links.size();
  batch.ranks.clear();
  batch.links = {};
  if (!make_room(unkept_.size())) return unkept_;
  batch.ranks = ranks;
  batch.links = unkept_;
  room_ -= unkept_.size();
  return batch.links;
}

/// Forgets the batches that have not been asked for the longest.
bool LinkBatches::make_room(std::size_t links) {
  if (links > most) return false;
  while (room_ < links) {
    Batch* oldest = nullptr;
    for (auto& [number, batches] : kept_) {
      for (auto& [rank, batch] : batches) {
        if (!batch.links.empty() && (oldest == nullptr || batch.used < oldest->used)) oldest = &batch;
      }
    }
    room_ += oldest->links.size();
    oldest->ranks.clear();
    oldest->links = {};
  }
  return true;
}

/// Puts the first so many of the links in order, each once; returns how many are left.
std::size_t LinkBatches::sorted(std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) marks_[at(links_[i]) / 64] |= std::uint64_t{1} << (links_[i] % 64);
  int* next = links_.data();
  for (std::size_t w = 0; w < marks_.size(); ++w) {
    for (std::uint64_t bits = std::exchange(marks_[w], 0U); bits != 0; bits &= bits - 1)
      *next++ = static_cast<int>(64 * w) + std::countr_zero(bits);
  }
  return static_cast<std::size_t>(next - links_.data());
}

/// Links in the order in which they first have copies, or in their own.
void LinkBatches::gather(LinkCopies& copies, const std::vector<int>& ranks, Order order) {
  double* const sums = sums_.data();
  std::size_t size = 0;
  for (const int rank : ranks) {
    copies.start(rank, [this, sums, &size](int link, double more) {
      const double sum = sums[link];
      if (size == links_.size()) [[unlikely]]
        links_.resize(2 * size);  // no copies may come to a link over and over
      // Whether a link has copies already is as good as random: the next place is written either way.
      links_[size] = link;
      size += sum == 0 ? 1 : 0;
      sums[link] = sum + more;
    });
  }
  if (order == Order::of_links) size = sorted(size);
  unkept_.resize(size);
  for (std::size_t i = 0; i < size; ++i) unkept_[i] = {links_[i], std::exchange(sums[links_[i]], 0.0)};
}

}  // namespace teapot

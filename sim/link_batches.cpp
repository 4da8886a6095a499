// Sums by link of the ranks of a batch.
// Does not know when they enter.

#include "sim/link_batches.hpp"

#include <algorithm>
#include <bit>
#include <iterator>
#include <utility>

#include "sim/index.hpp"

namespace teapot {
namespace {

bool have_copies(const Traffic& traffic) {
  bool all = true;
  for (int rank = 0; rank < traffic.ranks; ++rank)
    traffic.for_each_receiver(rank, [&](int, double copies) { all = all && copies > 0; });
  return all;
}

}  // namespace

int LinkBatches::recall(const std::shared_ptr<const Traffic>& started, const Collective& collective) {
  constexpr std::size_t remembered = 8;  // a step goes round a few: two micro-batches, to and fro, all-reduces
  // Where a message is carried once for several receivers, what a rank adds depends on who came before.
  if (collective.carry != Collective::Carry::each) return -1;
  const Known wanted{started, collective.start, numbers_, {}};
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
  const auto matrix = std::find_if(seen_.begin(), seen_.end(), [&](const Known& k) { return k.number == recalled; });
  if (recalled < 0 || matrix == seen_.end()) {
    gather(copies, ranks, Order::any);
    return unkept_;
  }
  Batch& batch = kept_[recalled][ranks.front()];
  batch.used = ++calls_;
  if (batch.ranks == ranks) return batch.links;
  if (!gather_others(copies, batch, ranks, *matrix)) gather(copies, ranks, Order::of_links);
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
  add(copies, ranks, 1);
  take(order);
}

/// From a batch that has most of these ranks, where that gives the same sums; returns whether it does. A link with
/// pairs but without copies has a sum, too, which could not be told from one of which all has been taken away.
bool LinkBatches::gather_others(LinkCopies& copies, const Batch& before, const std::vector<int>& ranks, Known& matrix) {
  if (!copies.exact() || !std::is_sorted(ranks.begin(), ranks.end()) ||
      !std::is_sorted(before.ranks.begin(), before.ranks.end()))
    return false;
  std::vector<int> more;
  std::vector<int> less;
  std::set_difference(ranks.begin(), ranks.end(), before.ranks.begin(), before.ranks.end(), std::back_inserter(more));
  std::set_difference(before.ranks.begin(), before.ranks.end(), ranks.begin(), ranks.end(), std::back_inserter(less));
  if (more.size() + less.size() >= ranks.size()) return false;
  if (!matrix.all_have_copies) matrix.all_have_copies = have_copies(*matrix.started);
  if (!*matrix.all_have_copies) return false;
  for (const auto& [link, sum] : before.links) {
    links_[size_++] = link;
    sums_[at(link)] = sum;
  }
  add(copies, more, 1);
  add(copies, less, -1);
  take(Order::of_links);
  std::erase_if(unkept_, [](const OnLink& on) { return on.copies == 0; });
  return true;
}

void LinkBatches::add(LinkCopies& copies, const std::vector<int>& ranks, double sign) {
  double* const sums = sums_.data();
  std::size_t size = size_;
  for (const int rank : ranks) {
    copies.start(rank, [this, sums, sign, &size](int link, double more) {
      const double sum = sums[link];
      if (size == links_.size()) [[unlikely]]
        links_.resize(2 * size);  // no copies may come to a link over and over
      // Whether a link has copies already is as good as random: the next place is written either way.
      links_[size] = link;
      size += sum == 0 ? 1 : 0;
      sums[link] = sum + sign * more;
    });
  }
  size_ = size;
}

/// Into unkept_.
void LinkBatches::take(Order order) {
  std::size_t size = std::exchange(size_, 0);
  if (order == Order::of_links) size = sorted(size);
  unkept_.resize(size);
  for (std::size_t i = 0; i < size; ++i) unkept_[i] = {links_[i], std::exchange(sums_[at(links_[i])], 0.0)};
}

}  // namespace teapot

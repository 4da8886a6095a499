// Sums by link of the ranks of a batch.
// Does not know when they enter.

#include "sim/link_batches.hpp"

#include <algorithm>
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
    gather(copies, ranks, unkept_);
    return unkept_;
  }
  Batch& batch = kept_[recalled][ranks.front()];
  if (batch.ranks == ranks) return batch.links;
  gather(copies, ranks, unkept_);
  room_ += batch.links.size();
  batch = {};
  if (room_ < unkept_.size()) return unkept_;
  batch = {ranks, unkept_};
  room_ -= unkept_.size();
  return batch.links;
}

/// Links in the order in which they first have copies.
void LinkBatches::gather(LinkCopies& copies, const std::vector<int>& ranks, std::vector<OnLink>& batch) {
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
  batch.resize(size);
  for (std::size_t i = 0; i < size; ++i) batch[i] = {links_[i], std::exchange(sums[links_[i]], 0.0)};
}

}  // namespace teapot

// Who is done with a transfer where nothing has been put on any link since that was asked: the same links decide.
// Does not know how they were found.

#include <algorithm>
#include <limits>
#include <span>

#include "sim/fabric_model.hpp"
#include "sim/index.hpp"

namespace teapot {

/// The links that decide go from `places` to where they stand by time.
void FabricModel::set_apart(int id) {
  Transfer& transfer = transfers_[at(id)];
  const std::vector<int>& like = transfer.support->like;
  std::erase_if(transfer.places, [&](int place) {
    if (transfer.decisive[at(like[at(link_at_[at(place)])])] == 0) return false;
    transfer.decided.links.push_back({links_.drained_at(at(place), id), place});
    return true;
  });
  std::sort(transfer.decided.links.begin(), transfer.decided.links.end(),
            [](const Decided::OnLink& a, const Decided::OnLink& b) { return a.time > b.time; });
}

/// Drains the links that were to be done at `until` or before, and adds those that are not.
void FabricModel::drain_decided(int id, double now, double until) {
  Transfer& transfer = transfers_[at(id)];
  Decided& decided = transfer.decided;
  const auto first = std::partition_point(decided.links.begin(), decided.links.end(),
                                          [&](const Decided::OnLink& link) { return link.time > until; });
  late_.begin(std::numeric_limits<std::size_t>::max());
  const auto gone = std::remove_if(first, decided.links.end(), [&](Decided::OnLink& link) {
    const double time = links_.drain_often(at(link.place), id, std::span{decided.passed}.subspan(link.drained));
    link.drained = decided.passed.size();
    if (time > now + same_time_s) late_.add(time, transfer.support->like[at(link_at_[at(link.place)])]);
    return time < 0;
  });
  decided.links.erase(gone, decided.links.end());
}

/// Those whose time has come, and the next: all others are later, however their times are rounded.
double FabricModel::next_done_again(int id, double now) {
  Transfer& transfer = transfers_[at(id)];
  std::vector<Decided::Ranks>& ranks = transfer.decided.ranks;
  if (lags_ != id) set_apart(id);
  lags_ = id;
  transfer.decided.passed.push_back(now);
  const auto later_than = [&](double until) {
    return std::partition_point(ranks.begin(), ranks.end(),
                                [&](const Decided::Ranks& some) { return some.time > until; });
  };
  double until = now + rounding_s;
  auto first = later_than(until);
  if (first != ranks.begin()) first = later_than(until = (first - 1)->time + rounding_s);
  Waiting waiting{words_, ranks.data() + (first - ranks.begin()), ranks.data() + ranks.size()};
  drain_decided(id, now, until);
  double next = never;
  serve(transfer, waiting, next, nullptr);
  ranks.erase(std::remove_if(first, ranks.end(),
                             [&](Decided::Ranks& some) { return (some.bits &= ~waiting.word(some.word)) == 0; }),
              ranks.end());
  for (std::size_t w = 0; w < words_; ++w) finish(id, w, waiting.word(w), now);
  return next;
}

/// Lets links drain that have not while others decided.
void FabricModel::catch_up(int id) {
  if (id < 0 || lags_ != id) return;
  lags_ = -1;
  Transfer& transfer = transfers_[at(id)];
  Decided& decided = transfer.decided;
  std::erase_if(transfer.places, [&](int place) { return links_.drain_often(at(place), id, decided.passed) < 0; });
  for (const Decided::OnLink& link : decided.links) {
    if (links_.drain_often(at(link.place), id, std::span{decided.passed}.subspan(link.drained)) >= 0)
      transfer.places.push_back(link.place);
  }
  decided.links.clear();
  decided.passed.clear();
}

}  // namespace teapot

// Who is done with a transfer, from when its links are.
// Does not know who puts what on links.

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <utility>

#include "sim/fabric_model.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

// 40 replicas of 256 have 10,240 NICs, each of which other ranks wait for: mostly the first few, at times the next, say
// who is done first.
constexpr std::size_t few_drains = 8192;
constexpr std::size_t all_drains = std::numeric_limits<std::size_t>::max();

}  // namespace

/// Takes note of the links that have got bytes many at once since the last time.
void FabricModel::list(Transfer& transfer) {
  const auto list_one = [&, &carried = costs_[transfer.cost].copies](std::size_t place, std::uint32_t copies) {
    if (copies == 0) return;
    transfer.places.push_back(static_cast<int>(place));
    carried[place] += copies;
  };
  for (std::size_t place = 0; place < transfer.unlisted.size(); ++place)
    list_one(place, std::exchange(transfer.unlisted[place], 0U));
  if (!transfer.unlisted_ranks.empty()) {
    for (const WideBlock& block :
         facts_->loads->together(*transfer.loads, *transfer.started, transfer.unlisted_ranks)) {
      for (std::size_t i = 0; i < places_in_block; ++i) list_one(block.number * places_in_block + i, block.copies[i]);
    }
    transfer.unlisted_ranks.clear();
  }
  // Batches come one after another, and a link that was done may come again: once in order they are quicker to walk.
  constexpr std::size_t many = 4096;
  if (transfer.places.size() < std::max(many, 2 * transfer.in_order)) return;
  sort(transfer.places);
  transfer.in_order = transfer.places.size();
}

/// Each once.
void FabricModel::sort(std::vector<int>& places) {
  marks_.resize(link_at_.size() / 64 + 1);
  for (const int place : places) marks_[at(place) / 64] |= std::uint64_t{1} << place % 64;
  places.clear();
  for (std::size_t w = 0; w < marks_.size(); ++w) {
    for (std::uint64_t bits = std::exchange(marks_[w], 0U); bits != 0; bits &= bits - 1)
      places.push_back(static_cast<int>(64 * w) + std::countr_zero(bits));
  }
}

/// Takes away who waits for the drains, from late to early, until nobody is left. The links that decide are noted, and
/// those that might in their place, and in `taken` who is taken away when; null: nowhere.
void FabricModel::serve(Transfer& transfer, Waiting& waiting, double& next, std::vector<Decided::Ranks>* taken) {
  late_.sort();
  while (!late_.empty() && (waiting.somebody() || late_.last().time >= next - rounding_s)) {
    const LateDrains::Drain last = late_.take_last();
    const auto note = [&](std::size_t word, std::uint64_t bits) {
      if (taken != nullptr) taken->push_back({last.time, word, bits});
    };
    if (waiting.take_away(*transfer.support, last.link, note)) next = last.time;
    if (next != never && last.time >= next - rounding_s) transfer.decisive[at(last.link)] = 1;
  }
}

/// About when the last `most` of the drains begin that somebody waits for, from some of them; never too late by much.
double FabricModel::begin_of_last(int id, std::size_t most, double now, const Waiting& waiting) {
  constexpr std::size_t one_in = 61;
  const Transfer& transfer = transfers_[at(id)];
  std::vector<double> some;
  for (std::size_t i = 0; i < transfer.places.size(); i += one_in) {
    const double time = links_.drained_at(at(transfer.places[i]), id);
    if (time > now && waiting.may_wait_for(*transfer.support, link_at_[at(transfer.places[i])])) some.push_back(time);
  }
  const std::size_t kept =
      2 * most / one_in;  // twice as many: which they are is chance, and several links may be alike
  if (kept >= some.size()) return -never;
  std::nth_element(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(kept), some.end(), std::greater<>{});
  return some[kept];
}

/// Lets the links drain, and takes the last few of those that somebody waits for.
void FabricModel::take_last(int id, double now, const Waiting& waiting) {
  Transfer& transfer = transfers_[at(id)];
  const Support& support = *transfer.support;
  transfer.decisive.assign(network_.links.size(), 0);
  const std::size_t few = std::min(few_drains, std::max<std::size_t>(512, 2 * waiting.count()));
  late_.begin(few, begin_of_last(id, few, now, waiting));
  std::erase_if(transfer.places, [&](int place) {
    const double time = links_.drain_of(at(place), id, now);
    if (time > now + same_time_s && late_.wanted(time)) {
      const int link = link_at_[at(place)];
      if (waiting.may_wait_for(support, link)) late_.add(time, support.like[at(link)]);
    }
    return time < 0;
  });
}

/// The next few of what has been left out before, or all that somebody waits for who is left.
void FabricModel::take_others(int id, double now, const Waiting& waiting, double next, bool all) {
  const Transfer& transfer = transfers_[at(id)];
  const Support& support = *transfer.support;
  const double latest = late_.dropped() ? late_.cutoff() : never;
  late_.begin(all ? all_drains : few_drains);
  for (const int place : transfer.places) {
    const double time = links_.drained_at(at(place), id);
    if (time <= now + same_time_s || time > latest || !late_.wanted(time)) continue;
    const int link = link_at_[at(place)];
    if (!all || waiting.wait_for(support, link) || time >= next - rounding_s) late_.add(time, support.like[at(link)]);
  }
}

/// When those of a transfer's links are done with it that somebody waits for, into drains_, the last on top; links that
/// are leave it.
void FabricModel::find_drains(int id, double now, const std::vector<std::uint64_t>& waiting) {
  std::vector<int>& places = transfers_[at(id)].places;
  const Support& support = *transfers_[at(id)].support;
  const auto waited_for = [&](int link) {
    const Support::Words& words = support.of_link(link);
    std::uint64_t both = 0;
    for (std::size_t w = 0; w < words.count; ++w) both |= waiting[words.first + w] & support.touch[words.at + w];
    return both != 0;
  };
  // Which links are done, and which of the others somebody waits for, is as good as random: no branch.
  drains_.resize(places.size());
  std::size_t kept = 0;
  std::size_t found = 0;
  for (const int place : places) {
    const double time = links_.drain_of(at(place), id, now);
    const int link = link_at_[at(place)];
    drains_[found] = {time, link};
    found += time > now + same_time_s && waited_for(link) ? 1 : 0;
    places[kept] = place;
    kept += time < 0 ? 0 : 1;
  }
  places.resize(kept);
  drains_.resize(found);
  std::make_heap(drains_.begin(), drains_.end());
}

/// When the first of those who wait will be done, as far as is known now; finishes those who are.
double FabricModel::next_done(int id, double now) {
  Transfer& transfer = transfers_[at(id)];
  std::vector<std::uint64_t>& waiting = waiting_;
  std::size_t somebody = 0;  // words in which anybody waits
  for (std::size_t w = 0; w < words_; ++w) {
    waiting[w] = transfer.entries.complete()[w] & ~transfer.done[w];
    somebody += waiting[w] != 0 ? 1 : 0;
  }
  find_drains(id, now, waiting);
  double next = never;
  while (!drains_.empty() && somebody > 0) {
    std::pop_heap(drains_.begin(), drains_.end());
    const LateDrains::Drain last = drains_.back();
    drains_.pop_back();
    const Support::Words& words = transfer.support->of_link(last.link);
    const std::uint64_t* touch = transfer.support->touch.data() + words.at;
    for (std::size_t w = 0; w < words.count; ++w) {
      std::uint64_t& bits = waiting[words.first + w];
      if ((bits & touch[w]) == 0) continue;
      next = last.time;  // drains come from late to early: the last one kept is the first
      bits &= ~touch[w];
      if (bits == 0) --somebody;
    }
  }
  for (std::size_t w = 0; w < words_; ++w) finish(id, w, waiting[w], now);
  return next;
}

/// The same where it is known which links have the same ranks waiting: few of the links are looked at.
double FabricModel::next_done_of_few(int id, double now) {
  Transfer& transfer = transfers_[at(id)];
  Waiting waiting{transfer.entries.complete(), transfer.done};
  double next = never;
  transfer.decided = {};
  take_last(id, now, waiting);
  serve(transfer, waiting, next, &transfer.decided.ranks);
  if (late_.dropped() && waiting.somebody()) {
    take_others(id, now, waiting, next, false);
    serve(transfer, waiting, next, &transfer.decided.ranks);
  }
  bool sure = !(late_.dropped() && late_.cutoff() >= next - rounding_s);
  if (late_.dropped() && waiting.somebody()) {
    take_others(id, now, waiting, next, true);
    serve(transfer, waiting, next, &transfer.decided.ranks);
    sure = true;
  }
  transfer.decided_at = sure ? batches_put_ : 0;
  for (std::size_t w = 0; w < words_; ++w) finish(id, w, waiting.word(w), now);
  return next;
}

void FabricModel::evaluate(int id, double now) {
  Transfer& transfer = transfers_[at(id)];
  transfer.dirty = false;
  const bool again = transfer.decided_at == batches_put_;
  if (lags_ != id || !again) catch_up(lags_);
  list(transfer);
  const double next = transfer.support->like.empty() ? next_done(id, now)
                      : again                        ? next_done_again(id, now)
                                                     : next_done_of_few(id, now);
  ++transfer.version;
  if (next != never) checks_.push({next, id, transfer.version});
  if (transfer.left == 0) release(id);
}

void FabricModel::finish(int id, std::size_t word, std::uint64_t bits, double now) {
  Transfer& transfer = transfers_[at(id)];
  for (; bits != 0; bits &= bits - 1) {
    const int rank = static_cast<int>(word * 64) + std::countr_zero(bits);
    transfer.done[word] |= std::uint64_t{1} << (rank % 64);
    --transfer.left;
    arrivals_.push({now + (*transfer.latency_s)[at(rank)], id, rank});
  }
}

void FabricModel::release(int id) {
  catch_up(id);
  Transfer& transfer = transfers_[at(id)];
  transfer.copies.reset();
  transfer.started.reset();
  transfer.places = {};
  transfer.unlisted = {};
  transfer.unlisted_ranks = {};
  transfer.loads.reset();
  transfer.entries = {};
  transfer.decisive = {};
  transfer.decided = {};
}

}  // namespace teapot

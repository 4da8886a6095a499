// The fluid model of collectives on links.
// Does not know who waits for a transfer.

#include "sim/fabric_model.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace teapot {
namespace {

// How many matrices' supports are kept: a decode step repeats a few (all-reduce, balanced dispatch) in every layer.
constexpr std::size_t cache_size = 8;

// From here on a rank talks to so many others that it is done only when its whole group is: the support of the group
// stands for that of the matrix, and is computed once instead of for each layer.
constexpr std::size_t dense_receivers = 64;

// Times that differ by less are one: a few rounding errors of a step of seconds.
constexpr double same_time_s = 1e-14;

void set_bit(std::uint64_t* bits, int rank) { bits[rank >> 6] |= std::uint64_t{1} << (rank & 63); }
bool has_bit(const std::vector<std::uint64_t>& bits, int rank) {
  return (bits[static_cast<std::size_t>(rank >> 6)] >> (rank & 63) & 1) != 0;
}
std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// Calls f(destination) for each rank that `rank` may send to.
template <class F>
void for_each_peer(const Traffic& traffic, bool by_group, int rank, F&& f) {
  if (!by_group) {
    traffic.for_each_receiver(rank, [&](int d, double) { f(d); });
    return;
  }
  const auto& groups = *traffic.groups;
  if (groups[at(rank)] < 0) return;
  for (int d = 0; d < traffic.ranks; ++d) {
    if (d != rank && groups[at(d)] == groups[at(rank)]) f(d);
  }
}

}  // namespace

FabricModel::FabricModel(const Network& network, const Program& program)
    : network_(network),
      ranks_(program.ranks),
      words_((at(program.ranks) + 63) / 64),
      routes_(network, program),
      links_(network.links.size()),
      batch_copies_(network.links.size(), 0.0) {}

std::size_t FabricModel::cost_of(const Collective& collective) {
  for (std::size_t i = 0; i < costs_.size(); ++i) {
    if (costs_[i].wire == collective.wire.get() && costs_[i].bytes_per_copy == collective.bytes_per_copy) return i;
  }
  Cost cost{collective.wire.get(), collective.bytes_per_copy, {}, std::vector<double>(links_.size())};
  for (const Link& link : network_.links) {
    const Wire::Use wire = use_of(cost.wire, link);
    cost.seconds_per_copy.push_back(
        (cost.bytes_per_copy / (link.bandwidth * wire.efficiency) + wire.per_message).value);
  }
  costs_.push_back(std::move(cost));
  return costs_.size() - 1;
}

std::vector<LinkUse> FabricModel::use() const {
  std::vector<LinkUse> use(network_.links.size());
  for (const Cost& cost : costs_) {
    for (std::size_t l = 0; l < use.size(); ++l) {
      const double copies = cost.copies[at(routes_.stand_in(static_cast<int>(l)))];
      use[l].bytes += copies * cost.bytes_per_copy;
      use[l].busy.value += copies * cost.seconds_per_copy[l];
    }
  }
  return use;
}

std::shared_ptr<const Traffic> FabricModel::sent_by(const Collective& collective) {
  if (!collective.reversed) return collective.traffic;
  for (const auto& cached : turned_) {
    if (cached.traffic == collective.traffic) return cached.turned;
  }
  if (turned_.size() >= 2) turned_.erase(turned_.begin());
  turned_.push_back({collective.traffic, std::make_shared<const Traffic>(transposed(*collective.traffic))});
  return turned_.back().turned;
}

FabricModel::CachedSupport& FabricModel::support_of(const std::shared_ptr<const Traffic>& traffic) {
  const bool by_group = traffic->pairs() >= dense_receivers * at(ranks_);
  for (auto& cached : supports_) {
    if (by_group ? cached.support->by_group && cached.groups == traffic->groups : cached.traffic == traffic) {
      return cached;
    }
  }
  auto support = std::make_shared<Support>();
  support->by_group = by_group;
  support->words = words_;
  support->touch.assign(links_.size() * words_, 0);
  support->senders.assign(at(ranks_), 0);
  for (int source = 0; source < ranks_; ++source) {
    const auto& row = routes_.row(source);
    for_each_peer(*traffic, by_group, source, [&](int d) {
      for (auto i = row.begin[at(d)]; i < row.begin[at(d) + 1]; ++i) {
        std::uint64_t* bits = support->touch.data() + row.link[i] * words_;
        set_bit(bits, source);
        set_bit(bits, d);
      }
      ++support->senders[at(d)];
    });
  }
  if (supports_.size() >= cache_size) supports_.erase(supports_.begin());
  supports_.push_back({by_group ? nullptr : traffic, traffic->groups, support, {}});
  return supports_.back();
}

std::shared_ptr<const std::vector<double>> FabricModel::latencies(CachedSupport& cached, const Traffic& traffic,
                                                                  const Wire* wire) const {
  auto& known = cached.latency_s[wire];
  if (known) return known;
  const std::vector<double> of_tiers = routes_.tier_latencies_s(wire);
  std::vector<double> latency_s(at(ranks_), 0.0);
  for (int source = 0; source < ranks_; ++source) {
    for_each_peer(traffic, cached.support->by_group, source, [&](int d) {
      latency_s[at(d)] = std::max(latency_s[at(d)], routes_.latency_s(source, d, of_tiers));
    });
  }
  known = std::make_shared<const std::vector<double>>(std::move(latency_s));
  return known;
}

int FabricModel::begin(const Operator& op) {
  const auto& collective = std::get<Collective>(op.work);
  Transfer transfer;
  transfer.collective = &collective;
  transfer.cost = cost_of(collective);
  transfer.traffic = sent_by(collective);
  assert(transfer.traffic->ranks == ranks_);
  CachedSupport& cached = support_of(transfer.traffic);
  transfer.support = cached.support;
  transfer.latency_s = latencies(cached, *transfer.traffic, collective.wire.get());
  transfer.missing = transfer.support->senders;
  if (transfer.support->by_group) {  // counted by group: a group is complete when all of its ranks are in
    transfer.missing.assign(at(ranks_), 0);
    const auto& groups = *transfer.traffic->groups;
    for (int rank = 0; rank < ranks_; ++rank) {
      if (groups[at(rank)] < 0) continue;
      assert(op.runs_on(rank) && "who takes part in an exchange must come to it");
      ++transfer.missing[at(groups[at(rank)])];
    }
  }
  transfer.entered.assign(words_, 0);
  transfer.armed.assign(words_, 0);
  transfer.done.assign(words_, 0);
  transfer.left = op.on ? op.on->size() : ranks_;
  transfers_.push_back(std::move(transfer));
  return static_cast<int>(transfers_.size()) - 1;
}

void FabricModel::arm(Transfer& transfer, int rank) {
  set_bit(transfer.armed.data(), rank);
  transfer.dirty = true;
}

void FabricModel::enter(int id, int rank, double now) {
  if (batch_transfer_ != id || batch_time_ != now) {
    flush();
    batch_transfer_ = id;
    batch_time_ = now;
  }
  Transfer& transfer = transfers_[at(id)];
  const auto& row = routes_.row(rank);
  transfer.traffic->for_each_receiver(rank, [&](int d, double copies) {
    for (auto i = row.begin[at(d)]; i < row.begin[at(d) + 1]; ++i) {
      double& sum = batch_copies_[row.link[i]];
      if (sum == 0) batch_links_.push_back(static_cast<int>(row.link[i]));
      sum += row.share.empty() ? copies : copies * static_cast<double>(row.share[i]);
    }
  });
  set_bit(transfer.entered.data(), rank);
  if (transfer.support->by_group) {
    const auto& groups = *transfer.traffic->groups;
    const int group = groups[at(rank)];
    if (group < 0) {
      arm(transfer, rank);
    } else if (--transfer.missing[at(group)] == 0) {
      for (int r = 0; r < ranks_; ++r) {
        if (groups[at(r)] == group) arm(transfer, r);
      }
    }
    return;
  }
  transfer.traffic->for_each_receiver(rank, [&](int d, double) {
    if (--transfer.missing[at(d)] == 0 && has_bit(transfer.entered, d)) arm(transfer, d);
  });
  if (transfer.missing[at(rank)] == 0) arm(transfer, rank);
}

void FabricModel::flush() {
  if (batch_transfer_ < 0) return;
  Transfer& transfer = transfers_[at(batch_transfer_)];
  Cost& cost = costs_[transfer.cost];
  for (const int link : batch_links_) {
    const double copies = std::exchange(batch_copies_[at(link)], 0.0);
    cost.copies[at(link)] += copies;
    add(link, batch_transfer_, copies * cost.seconds_per_copy[at(link)], batch_time_);
  }
  batch_links_.clear();
  const int id = std::exchange(batch_transfer_, -1);
  if (transfer.dirty) evaluate(id, batch_time_);
}

void FabricModel::add(int link, int transfer, double seconds, double now) {
  LinkState& state = links_[at(link)];
  drain(state, now);
  for (auto& bucket : state.buckets) {
    if (bucket.transfer == transfer) {
      bucket.remaining_s += seconds;
      return;
    }
  }
  state.buckets.push_back({transfer, transfers_[at(transfer)].collective->weight, seconds});
  transfers_[at(transfer)].links.push_back(link);
}

void FabricModel::drain(LinkState& state, double now) {
  double left = now - state.updated;
  state.updated = now;
  if (state.buckets.size() == 1) {  // by far the most frequent case
    state.buckets[0].remaining_s -= left;
    if (state.buckets[0].remaining_s <= same_time_s) state.buckets.clear();
    return;
  }
  while (left > 0 && !state.buckets.empty()) {
    double weight = 0;
    for (const auto& bucket : state.buckets) weight += bucket.weight;
    double first = never;  // until the first bucket is empty
    for (const auto& bucket : state.buckets) first = std::min(first, bucket.remaining_s * (weight / bucket.weight));
    const double step = std::min(first, left);
    for (auto& bucket : state.buckets) bucket.remaining_s -= step * (bucket.weight / weight);
    std::erase_if(state.buckets, [](const Bucket& bucket) { return bucket.remaining_s <= same_time_s; });
    left -= step;
  }
}

double FabricModel::drained_at(const LinkState& state, int transfer) {
  const auto own = std::find_if(state.buckets.begin(), state.buckets.end(),
                                [&](const Bucket& bucket) { return bucket.transfer == transfer; });
  if (own == state.buckets.end()) return -1;
  // Others progress at their share until they are empty; what counts is how far they get before this one ends.
  const double level = own->remaining_s / own->weight;
  double work = 0;
  for (const auto& bucket : state.buckets) work += std::min(bucket.remaining_s, level * bucket.weight);
  return state.updated + work;
}

void FabricModel::evaluate(int id, double now) {
  Transfer& transfer = transfers_[at(id)];
  transfer.dirty = false;
  std::vector<std::uint64_t> waiting(words_);
  for (std::size_t w = 0; w < words_; ++w) waiting[w] = transfer.armed[w] & ~transfer.done[w];

  struct Drain {
    double time;
    int link;
    bool operator<(const Drain& other) const { return time != other.time ? time < other.time : link > other.link; }
  };
  std::vector<Drain> drains;
  std::erase_if(transfer.links, [&](int link) {
    drain(links_[at(link)], now);
    const double time = drained_at(links_[at(link)], id);
    if (time < 0) return true;
    drains.push_back({time, link});
    return false;
  });
  std::make_heap(drains.begin(), drains.end());

  const auto finish = [&](std::size_t word, std::uint64_t bits) {
    for (; bits != 0; bits &= bits - 1) {
      const int rank = static_cast<int>(word * 64) + std::countr_zero(bits);
      set_bit(transfer.done.data(), rank);
      --transfer.left;
      arrivals_.push({now + (*transfer.latency_s)[at(rank)], id, rank});
    }
  };
  double next = never;
  bool any_waiting = true;
  while (!drains.empty() && any_waiting) {
    std::pop_heap(drains.begin(), drains.end());
    const Drain last = drains.back();
    drains.pop_back();
    if (last.time <= now + same_time_s) break;  // whoever still waits is done now
    any_waiting = false;
    const std::uint64_t* touch = transfer.support->touch.data() + at(last.link) * words_;
    for (std::size_t w = 0; w < words_; ++w) {
      if ((waiting[w] & touch[w]) != 0)
        next = last.time;  // drains come from late to early: the last one kept is the first
      waiting[w] &= ~touch[w];
      any_waiting = any_waiting || waiting[w] != 0;
    }
  }
  for (std::size_t w = 0; w < words_; ++w) finish(w, waiting[w]);
  ++transfer.version;
  if (next != never) checks_.push({next, id, transfer.version});
  if (transfer.left == 0) release(id);
}

void FabricModel::release(int id) {
  Transfer& transfer = transfers_[at(id)];
  transfer.traffic.reset();
  transfer.links = {};
  transfer.missing = {};
}

double FabricModel::next_event() {
  flush();
  while (!checks_.empty() && checks_.top().version != transfers_[at(checks_.top().transfer)].version) checks_.pop();
  return std::min(checks_.empty() ? never : checks_.top().time, arrivals_.empty() ? never : arrivals_.top().time);
}

void FabricModel::advance(double now, std::vector<Arrival>& arrivals) {
  while (next_event() <= now) {
    if (!checks_.empty() && checks_.top().time <= now) {
      const Check check = checks_.top();
      checks_.pop();
      evaluate(check.transfer, check.time);
    } else {
      arrivals.push_back(arrivals_.top());
      arrivals_.pop();
    }
  }
}

}  // namespace teapot

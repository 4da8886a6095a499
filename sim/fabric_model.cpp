// The fluid model of collectives on links.
// Does not know who waits for a transfer.

#include "sim/fabric_model.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

#include "sim/index.hpp"

namespace teapot {
namespace {

void set_bit(std::uint64_t* bits, int rank) { bits[rank >> 6] |= std::uint64_t{1} << (rank & 63); }
bool has_bit(const std::vector<std::uint64_t>& bits, int rank) {
  return (bits[static_cast<std::size_t>(rank >> 6)] >> (rank & 63) & 1) != 0;
}

}  // namespace

FabricModel::FabricModel(const Network& network, const Program& program, bool record)
    : network_(network),
      ranks_(program.ranks),
      words_((at(program.ranks) + 63) / 64),
      routes_(network, program),
      supports_(routes_, network.links.size(), program.ranks),
      record_(record ? network.links.size() : 0),
      links_(network.links.size()),
      batches_(network.links.size()) {
  if (!record) return;
  behind_.resize(network.links.size());
  for (int l = 0; l < static_cast<int>(behind_.size()); ++l) behind_[at(routes_.stand_in(l))].push_back(l);
}

std::size_t FabricModel::cost_of(const Collective& collective) {
  for (std::size_t i = 0; i < costs_.size(); ++i) {
    if (costs_[i].wire == collective.wire.get() && costs_[i].bytes_per_copy == collective.bytes_per_copy) return i;
  }
  costs_.push_back({collective.wire.get(), collective.bytes_per_copy, {}});
  for (const double seconds : times_of_copy(collective, network_)) costs_.back().links.push_back({seconds});
  return costs_.size() - 1;
}

std::vector<LinkUse> FabricModel::use() const {
  std::vector<LinkUse> use(network_.links.size());
  for (const Cost& cost : costs_) {
    for (std::size_t l = 0; l < use.size(); ++l) {
      const double copies = cost.links[at(routes_.stand_in(static_cast<int>(l)))].copies;
      use[l].bytes += copies * cost.bytes_per_copy;
      use[l].busy.value += copies * cost.links[l].seconds_per_copy;
    }
  }
  return use;
}

int FabricModel::begin(const Operator& op) {
  const auto& collective = std::get<Collective>(op.work);
  Transfer transfer;
  transfer.collective = &collective;
  transfer.cost = cost_of(collective);
  transfer.started = started_by(collective, transposes_);
  assert(transfer.started->ranks == routes_.endpoints() || transfer.started->ranks == ranks_);
  transfer.copies.emplace(routes_, collective, *transfer.started);
  transfer.recalled = batches_.recall(transfer.started, collective);
  const auto& support = supports_.of(transfer.started, collective.start);
  transfer.support = support;
  transfer.latency_s = supports_.latencies(*support, *transfer.started, collective.start, collective.wire.get());
  count_missing(transfer, op);
  transfer.entered.assign(words_, 0);
  transfer.armed.assign(words_, 0);
  transfer.done.assign(words_, 0);
  transfer.left = op.on ? op.on->size() : ranks_;
  transfers_.push_back(std::move(transfer));
  return static_cast<int>(transfers_.size()) - 1;
}

void FabricModel::count_missing(Transfer& transfer, [[maybe_unused]] const Operator& op) const {
  transfer.missing = transfer.support->senders;
  if (!transfer.support->by_group) return;
  transfer.missing.assign(at(ranks_), 0);  // counted by group: a group is complete when all of its ranks are in
  const auto& groups = *transfer.started->groups;
  for (int rank = 0; rank < ranks_; ++rank) {
    if (groups[at(rank)] < 0) continue;
    assert(op.runs_on(rank) && "who takes part in an exchange must come to it");
    ++transfer.missing[at(groups[at(rank)])];
  }
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
  batch_ranks_.push_back(rank);
  see(transfer, rank);
}

/// Arms those that have nobody left to wait for now that this rank is in.
void FabricModel::see(Transfer& transfer, int rank) {
  set_bit(transfer.entered.data(), rank);
  if (transfer.support->by_group) {
    const auto& groups = *transfer.started->groups;
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
  if (transfer.collective->start == Collective::Start::sender) {
    transfer.started->for_each_receiver(rank, [&](int d, double) {
      if (--transfer.missing[at(d)] == 0 && d < ranks_ && has_bit(transfer.entered, d)) arm(transfer, d);
    });
  }
  if (transfer.missing[at(rank)] == 0) arm(transfer, rank);
}

void FabricModel::flush() {
  if (batch_transfer_ < 0) return;
  const int id = std::exchange(batch_transfer_, -1);
  Transfer& transfer = transfers_[at(id)];
  Cost& cost = costs_[transfer.cost];
  const Collective& collective = *transfer.collective;
  const auto& batch = batches_.of(*transfer.copies, batch_ranks_, transfer.recalled);
  batch_ranks_.clear();
  const std::size_t before = transfer.links.size();
  transfer.links.resize(before + batch.size());
  int* fresh = transfer.links.data() + before;
  for (const auto& [link, copies] : batch) {
    LinkState& state = links_[at(link)];
    Cost::OnLink& own = cost.links[at(link)];
    own.copies += copies;
    if (record_.on()) {
      for (const int l : behind_[at(link)]) record_.add(l, batch_time_, copies * cost.links[at(l)].seconds_per_copy);
    }
    const double seconds = copies * own.seconds_per_copy;
    *fresh = link;
    fresh += state.fluid.add({id, collective.priority, collective.weight, seconds}, batch_time_) ? 1 : 0;
  }
  transfer.links.resize(at(static_cast<int>(fresh - transfer.links.data())));
  if (transfer.dirty) evaluate(id, batch_time_);
}

/// When those of a transfer's links are done with it that somebody waits for, the last on top; links that are leave it.
std::vector<FabricModel::Drain> FabricModel::drains_of(int id, double now, const std::vector<std::uint64_t>& waiting) {
  std::vector<Drain> drains;
  const Support& support = *transfers_[at(id)].support;
  const auto waited_for = [&](int link) {
    const Support::Words& words = support.of_link[at(link)];
    for (std::size_t w = 0; w < words.count; ++w) {
      if ((waiting[words.first + w] & support.touch[words.at + w]) != 0) return true;
    }
    return false;
  };
  std::erase_if(transfers_[at(id)].links, [&](int link) {
    FluidLink& fluid = links_[at(link)].fluid;
    fluid.drain(now);
    const double time = fluid.drained_at(id);
    if (time < 0) return true;
    if (time > now + same_time_s && waited_for(link)) drains.push_back({time, link});
    return false;
  });
  std::make_heap(drains.begin(), drains.end());
  return drains;
}

void FabricModel::evaluate(int id, double now) {
  Transfer& transfer = transfers_[at(id)];
  transfer.dirty = false;
  std::vector<std::uint64_t> waiting(words_);
  std::size_t somebody = 0;  // words in which anybody waits
  for (std::size_t w = 0; w < words_; ++w) {
    waiting[w] = transfer.armed[w] & ~transfer.done[w];
    somebody += waiting[w] != 0 ? 1 : 0;
  }
  std::vector<Drain> drains = drains_of(id, now, waiting);
  double next = never;
  while (!drains.empty() && somebody > 0) {
    std::pop_heap(drains.begin(), drains.end());
    const Drain last = drains.back();
    drains.pop_back();
    const Support::Words& words = transfer.support->of_link[at(last.link)];
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
  ++transfer.version;
  if (next != never) checks_.push({next, id, transfer.version});
  if (transfer.left == 0) release(id);
}

void FabricModel::finish(int id, std::size_t word, std::uint64_t bits, double now) {
  Transfer& transfer = transfers_[at(id)];
  for (; bits != 0; bits &= bits - 1) {
    const int rank = static_cast<int>(word * 64) + std::countr_zero(bits);
    set_bit(transfer.done.data(), rank);
    --transfer.left;
    arrivals_.push({now + (*transfer.latency_s)[at(rank)], id, rank});
  }
}

void FabricModel::release(int id) {
  Transfer& transfer = transfers_[at(id)];
  transfer.copies.reset();
  transfer.started.reset();
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

// The fluid model of collectives on links.
// Does not know who waits for a transfer.

#include "sim/fabric_model.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "sim/index.hpp"

namespace teapot {
namespace {

/// Whether all who take part in an exchange run the operator.
[[maybe_unused]] bool everybody_comes(const Operator& op, const std::vector<int>& groups, int ranks) {
  for (int rank = 0; rank < ranks; ++rank) {
    if (groups[at(rank)] >= 0 && !op.runs_on(rank)) return false;
  }
  return true;
}

}  // namespace

FabricModel::FabricModel(const Network& network, const Program& program, bool record, std::shared_ptr<RouteFacts> facts)
    : network_(network),
      ranks_(program.ranks),
      words_((at(program.ranks) + 63) / 64),
      facts_(facts ? std::move(facts) : facts_of(network, program)),
      routes_(facts_->routes),
      rows_(facts_->rows),
      place_of_(facts_->places.place_of),
      link_at_(facts_->places.link_at),
      blocking_(network, routes_),
      record_(record ? network.links.size() : 0),
      links_(link_at_.size()),
      waiting_(words_),
      late_(network.links.size()),
      batches_(network.links.size()) {
  if (!record) return;
  behind_.resize(network.links.size());
  for (int l = 0; l < static_cast<int>(behind_.size()); ++l) behind_[at(routes_.stand_in(l))].push_back(l);
}

std::size_t FabricModel::cost_of(const Collective& collective) {
  for (std::size_t i = 0; i < costs_.size(); ++i) {
    if (costs_[i].wire == collective.wire.get() && costs_[i].bytes_per_copy == collective.bytes_per_copy) return i;
  }
  const std::vector<double> seconds = times_of_copy(collective, network_);
  Cost& cost = costs_.emplace_back(Cost{collective.wire.get(), collective.bytes_per_copy, {}, {}});
  cost.seconds_per_copy.reserve(whole_blocks(link_at_.size()));
  for (const int link : link_at_) cost.seconds_per_copy.push_back(link < 0 ? 0 : seconds[at(link)]);
  cost.seconds_per_copy.resize(whole_blocks(link_at_.size()));
  cost.copies.resize(link_at_.size());
  return costs_.size() - 1;
}

std::vector<LinkUse> FabricModel::use() const {
  std::vector<LinkUse> use(network_.links.size());
  for (const Cost& cost : costs_) {
    for (std::size_t l = 0; l < use.size(); ++l) {
      const double copies = cost.copies[at(place_of_[at(routes_.stand_in(static_cast<int>(l)))])];
      use[l].bytes += copies * cost.bytes_per_copy;
      use[l].busy.value += copies * cost.seconds_per_copy[at(place_of_[l])];
    }
  }
  return use;
}

int FabricModel::begin(const Operator& op) {
  const auto& collective = std::get<Collective>(op.work);
  Transfer transfer;
  transfer.collective = &collective;
  transfer.cost = cost_of(collective);
  transfer.started = started_by(collective, facts_->transposes);
  assert(transfer.started->ranks == routes_.endpoints() || transfer.started->ranks == ranks_);
  transfer.stretch = blocking_.stretch(collective, transfer.started);
  transfer.copies.emplace(routes_, collective, *transfer.started);
  transfer.recalled = batches_.recall(transfer.started, collective);
  if (in_rows(transfer) && facts_->loads) transfer.loads = facts_->loads->of(transfer.started);
  const auto support = facts_->supports.of(transfer.started, collective.start);
  transfer.support = support;
  transfer.latency_s = facts_->supports.latencies(*support, *transfer.started, collective.start, collective.wire.get());
  assert(!support->by_group || everybody_comes(op, *transfer.started->groups, ranks_));
  transfer.entries = Entries{support, transfer.started, collective.start, ranks_};
  transfer.done.assign(words_, 0);
  transfer.left = op.on ? op.on->size() : ranks_;
  links_.begin(collective.priority, collective.weight);
  transfers_.push_back(std::move(transfer));
  return static_cast<int>(transfers_.size()) - 1;
}

void FabricModel::enter(int id, int rank, double now) {
  if (batch_transfer_ != id || batch_time_ != now) {
    flush();
    batch_transfer_ = id;
    batch_time_ = now;
  }
  Transfer& transfer = transfers_[at(id)];
  batch_ranks_.push_back(rank);
  transfer.dirty = transfer.entries.enter(rank) || transfer.dirty;
}

/// Whether what ranks put on links goes on many of them at once.
bool FabricModel::in_rows(const Transfer& transfer) const {
  return transfer.recalled < 0 && transfer.copies->in_parts() && !record_.on() && transfer.stretch == 1;
}

void FabricModel::flush() {
  if (batch_transfer_ < 0) return;
  const int id = std::exchange(batch_transfer_, -1);
  ++batches_put_;
  catch_up(lags_);
  Transfer& transfer = transfers_[at(id)];
  if (transfer.loads) {
    put_kept(id);
  } else if (in_rows(transfer)) {
    BatchSums& sums = facts_->sums;
    sums.gather(routes_, *transfer.started, batch_ranks_);
    put(id, sums.on_links());
    for (const auto& [first, count] : sums.runs()) {
      put_row(id, first, std::span{sums.on_final()}.subspan(first, count));
      put_row(id, rows_.final.size() + first, std::span{sums.on_near()}.subspan(first, count));
    }
    const auto [first, count] = sums.middle_run();
    put_row(id, rows_.final.size() + rows_.near.size() + first, std::span{sums.on_middle()}.subspan(first, count));
  } else {
    put(id, batches_.of(*transfer.copies, batch_ranks_, transfer.recalled));
  }
  batch_ranks_.clear();
  if (transfer.dirty) evaluate(id, batch_time_);
}

void FabricModel::put(int id, std::span<const CopiesOnLink> batch) {
  Transfer& transfer = transfers_[at(id)];
  Cost& cost = costs_[transfer.cost];
  if (record_.on() || transfer.stretch != 1) {
    for (const auto& [link, copies] : batch) put(id, link, copies);
    return;
  }
  links_.add_each(batch, place_of_.data(), id, cost.seconds_per_copy.data(), cost.copies.data(), batch_time_,
                  transfer.places);
}

void FabricModel::put(int id, int link, double copies) {
  Transfer& transfer = transfers_[at(id)];
  Cost& cost = costs_[transfer.cost];
  const int place = place_of_[at(link)];
  cost.copies[at(place)] += copies;
  if (record_.on()) {
    for (const int l : behind_[at(link)])
      record_.add(l, batch_time_, copies * cost.seconds_per_copy[at(place_of_[at(l)])]);
  }
  const double seconds = copies * cost.seconds_per_copy[at(place)] * (blocking_.stops(link) ? transfer.stretch : 1);
  const bool fresh = links_.add(at(place), id, seconds, batch_time_);
  if (fresh) transfer.places.push_back(place);
}

void FabricModel::put_row(int id, std::size_t first, std::span<const std::uint32_t> copies) {
  Transfer& transfer = transfers_[at(id)];
  transfer.unlisted.resize(rows_.count());
  add_counts(copies.size(), copies.data(), transfer.unlisted.data() + first);
  links_.add_row(first, id, copies, costs_[transfer.cost].seconds_per_copy.data() + first, batch_time_);
}

void FabricModel::put_kept(int id) {
  Transfer& transfer = transfers_[at(id)];
  const double* const seconds = costs_[transfer.cost].seconds_per_copy.data();
  KeptLoads& loads = *facts_->loads;
  if (batch_ranks_.size() == 1) {
    links_.add_blocks(loads.alone(*transfer.loads, *transfer.started, batch_ranks_.front()), id, seconds, batch_time_);
  } else {
    links_.add_blocks(loads.together(*transfer.loads, *transfer.started, batch_ranks_), id, seconds, batch_time_);
  }
  for (const int rank : batch_ranks_) transfer.unlisted_ranks.push_back(rank);
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

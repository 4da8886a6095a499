// When the bytes of a pair start and who waits for them.
// Does not know what is computed in between.

#include "sim/engine_pairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

#include "sim/collective_load.hpp"
#include "sim/config.hpp"
#include "sim/index.hpp"
#include "sim/route_table.hpp"

namespace teapot {
namespace {

/// SimGrid shares links between flows by weight at most: what only the fluid model knows is an error here.
void reject_what_pairs_cannot(const Program& program, const std::string& name) {
  for (const Operator& op : program.operators) {
    const auto* collective = std::get_if<Collective>(&op.work);
    if (collective == nullptr) continue;
    if (collective->priority != 0 || collective->carry != Collective::Carry::each) {
      throw ConfigError(
          fmt::format("{}: network: pair knows neither priorities nor multicast and reduction in the "
                      "network, which {} asks for (use network: collective)",
                      name, op.name));
    }
  }
}

/// SimGrid's links know no collective: they are as fast as the best of the program's wires makes them, and what another
/// wire loses is sent on top. Pairs of one wire so load every link of their way as they should.
std::vector<double> rates_of(const Program& program, const Network& network) {
  std::vector<double> efficiency(network.links.size());
  std::set<const Wire*> seen;
  for (const Operator& op : program.operators) {
    const auto* collective = std::get_if<Collective>(&op.work);
    if (collective == nullptr || !seen.insert(collective->wire.get()).second) continue;
    for (std::size_t l = 0; l < efficiency.size(); ++l)
      efficiency[l] = std::max(efficiency[l], use_of(collective->wire.get(), network.links[l]).efficiency);
  }
  std::vector<double> rates;
  for (std::size_t l = 0; l < efficiency.size(); ++l)
    rates.push_back(network.links[l].bandwidth.value * (efficiency[l] > 0 ? efficiency[l] : 1));
  return rates;
}

/// Different flows of SimGrid that could be needed: one for each pair, a few times over as links are opened and closed,
/// and once more for each link of its way that is opened for good.
std::size_t flows_for(const PairPaths& paths) { return at(paths.paths()) * (2 * paths.longest() + 4); }

}  // namespace

PairNetwork::PairNetwork(const Program& program, const Network& network, bool record)
    : program_(program),
      network_(network),
      rates_(rates_of(program, network)),
      paths_(program, network, rates_),
      use_(network.links.size()),
      record_(record ? network.links.size() : 0) {
  reject_what_pairs_cannot(program, network.name);
}

std::string PairNetwork::platform() const { return LinkShares::platform(rates_, flows_for(paths_)); }

void PairNetwork::start(Arrived arrived) {
  arrived_ = std::move(arrived);
  shares_.emplace(rates_.size(), flows_for(paths_));
  flows_.emplace(paths_, rates_, *shares_);
}

const Collective& PairNetwork::collective(int op) const {
  return std::get<Collective>(program_.operators[at(op)].work);
}

/// Rows are senders, or receivers.
std::shared_ptr<const Traffic> PairNetwork::traffic(int op, bool receiving) {
  const Collective& c = collective(op);
  return c.reversed == receiving ? c.traffic : transposes_.of(c.traffic);
}

PairNetwork::Exchange& PairNetwork::exchange(int op) {
  const auto [found, is_new] = exchanges_.try_emplace(op);
  Exchange& e = found->second;
  if (is_new) {
    e.entered.resize(at(program_.ranks));
    e.left.resize(at(program_.ranks));
    e.waiting.resize(at(program_.ranks));
    for (int rank = 0; rank < program_.ranks; ++rank) e.ranks_left += program_.operators[at(op)].runs_on(rank) ? 1 : 0;
  }
  return e;
}

const PairNetwork::Costs& PairNetwork::costs(const Collective& collective) {
  const auto [found, is_new] = costs_.try_emplace({collective.wire.get(), collective.bytes_per_copy.value});
  if (is_new) {
    found->second.busy_s = times_of_copy(collective, network_);
    for (const auto& use : uses_of(collective.wire.get(), network_.links))
      found->second.latency_s.push_back(use.latency.value);
  }
  return found->second;
}

/// A pair's payload as bytes that the slowest link of its route takes as long for.
PairNetwork::Message PairNetwork::message(int op, int source, int destination, double copies, double now) {
  const Collective& c = collective(op);
  const Costs& cost = costs(c);
  double slowest = 0, payload = 0, latency_s = 0, latest_s = 0;  // the last of the wire's tiers on the path
  for (const int link : paths_.links(paths_.path(source, destination))) {
    const double busy = copies * cost.busy_s[at(link)];
    if (busy > slowest) {
      slowest = busy;
      payload = busy * rates_[at(link)];
    }
    latency_s += network_.links[at(link)].latency.value;
    latest_s = std::max(latest_s, cost.latency_s[at(link)]);
    use_[at(link)].bytes.value += copies * c.bytes_per_copy.value;
    use_[at(link)].busy.value += busy;
    if (record_.on()) record_.add(link, now, busy);
  }
  return {op, source, destination, now + (latency_s + latest_s), std::round(payload)};
}

/// Each pair's latency is paid before its first byte.
void PairNetwork::enter(int op, int rank, double now) {
  Exchange& e = exchange(op);
  e.entered[at(rank)] = 1;
  if (collective(op).start == Collective::Start::receiver) {
    fetch(op, rank, now);
  } else {
    send(op, rank, now);
    receive(op, rank, now);
  }
  if (e.left[at(rank)] == 0) done_.emplace_back(op, rank);
}

/// Whoever holds it does not have to come.
void PairNetwork::fetch(int op, int rank, double now) {
  Exchange& e = exchange(op);
  traffic(op, true)->for_each_receiver(rank, [&](int source, double copies) {
    ++e.left[at(rank)];
    const Message m = message(op, source, rank, copies, now);
    starts_[m.start_s].push_back(m);
  });
}

void PairNetwork::send(int op, int rank, double now) {
  Exchange& e = exchange(op);
  traffic(op, false)->for_each_receiver(rank, [&](int destination, double copies) {
    ++e.left[at(rank)];
    const Message m = message(op, rank, destination, copies, now);
    if (destination >= program_.ranks || e.entered[at(destination)] != 0) {
      starts_[m.start_s].push_back(m);
    } else {
      e.waiting[at(destination)].push_back(m);
    }
  });
}

void PairNetwork::receive(int op, int rank, double now) {
  Exchange& e = exchange(op);
  traffic(op, true)->for_each_receiver(rank, [&](int, double) { ++e.left[at(rank)]; });
  for (Message& m : std::exchange(e.waiting[at(rank)], {})) {
    m.start_s = std::max(m.start_s, now);
    starts_[m.start_s].push_back(m);
  }
}

void PairNetwork::begin(const Message& m, double now) {
  if (m.bytes == 0) return finish(m);
  const int flow = flows_->start(paths_.path(m.source, m.destination), m.bytes, now);
  under_way_.resize(std::max(under_way_.size(), at(flow) + 1));
  under_way_[at(flow)] = m;
}

void PairNetwork::finish(const Message& m) {
  one_less(m.op, m.destination);
  if (collective(m.op).start == Collective::Start::sender) one_less(m.op, m.source);
}

void PairNetwork::one_less(int op, int rank) {
  if (rank < program_.ranks && --exchange(op).left[at(rank)] == 0) done_.emplace_back(op, rank);
}

double PairNetwork::next_event(double now) {
  if (!flows_->settle(now) || !done_.empty()) return now;
  return std::min(flows_->next_end(),
                  starts_.empty() ? std::numeric_limits<double>::infinity() : starts_.begin()->first);
}

void PairNetwork::advance(double now) {
  flows_->advance(now, ended_);
  for (const int flow : std::exchange(ended_, {})) finish(under_way_[at(flow)]);
  while (!starts_.empty() && starts_.begin()->first <= now + at_once_s) {
    for (const Message& m : starts_.begin()->second) begin(m, now);
    starts_.erase(starts_.begin());
  }
  for (const auto& [op, rank] : std::exchange(done_, {})) {
    if (--exchange(op).ranks_left == 0) exchanges_.erase(op);
    arrived_(op, rank, now);
  }
  flows_->tell();
}

}  // namespace teapot

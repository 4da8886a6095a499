// What a collective asks of links that may stop, and how long it takes when they do.
// Does not know when ranks enter: all at once.

#include "sim/blocking.hpp"

#include <algorithm>

#include "sim/fixed_mix.hpp"
#include "sim/index.hpp"

namespace teapot {

Blocking::Blocking(const Network& network, const RouteTable& routes)
    : network_(network), routes_(routes), stopping_(network.links.size(), -1) {
  for (int l = 0; any() && l < static_cast<int>(network.links.size()); ++l) {
    if (network.links[at(l)].stops) stopping_[at(routes.stand_in(l))] = l;
  }
}

template <class F>
void Blocking::for_each_load(const Collective& collective, const Traffic& started,
                             const std::vector<double>& seconds_per_copy, F&& f) const {
  LinkCopies copies{routes_, collective, started};
  std::vector<double> sums(stopping_.size());
  std::vector<int> links;
  for (int rank = 0; rank < started.ranks; ++rank) {
    links.clear();
    copies.start(rank, [&](int link, double more) {
      if (!stops(link) || !(more > 0)) return;
      if (sums[at(link)] == 0) links.push_back(link);
      sums[at(link)] += more;
    });
    for (const int link : links) sums[at(link)] *= seconds_per_copy[at(link)];
    f(rank, links, sums);
    for (const int link : links) sums[at(link)] = 0;
  }
}

double Blocking::stretch(const Collective& collective, const std::shared_ptr<const Traffic>& started) {
  constexpr std::size_t remembered = 8;  // balanced layers repeat one matrix, to and fro
  if (!any()) return 1;
  Known wanted{started, collective.wire, collective.bytes_per_copy, collective.start, collective.carry};
  for (const auto& [known, by] : known_) {
    if (known == wanted) return by;
  }
  if (known_.size() >= remembered) known_.erase(known_.begin());
  known_.emplace_back(std::move(wanted), computed(collective, *started));
  return known_.back().second;
}

double Blocking::computed(const Collective& collective, const Traffic& started) const {
  const std::vector<double> seconds_per_copy = times_of_copy(collective, network_);
  const std::size_t count = stopping_.size();
  Demand demand{std::vector<double>(at(started.ranks)), std::vector<double>(count), std::vector<double>(count)};
  for_each_load(collective, started, seconds_per_copy, [&](int rank, const auto& links, const auto& seconds) {
    double& own = demand.own_s[at(rank)];
    for (const int link : links) own = std::max(own, seconds[at(link)]);
    for (const int link : links) demand.asked[at(link)] += seconds[at(link)] / own;
    for (const int link : links) demand.seconds[at(link)] += seconds[at(link)];
  });
  for (const double seconds : demand.seconds) demand.longest_s = std::max(demand.longest_s, seconds);
  if (!(demand.longest_s > 0)) return 1;

  constexpr double rounding = 1e-9;  // sums of equal parts differ by less
  FixedMix senders{demand.own_s, std::vector<std::vector<FixedMix::OnLink>>(at(started.ranks))};
  for_each_load(collective, started, seconds_per_copy, [&](int rank, const auto& links, const auto& seconds) {
    for (const int link : links) {
      if (demand.asked[at(link)] > 1 + rounding)
        senders.parts[at(rank)].push_back({link, seconds[at(link)] / demand.own_s[at(rank)]});
    }
  });
  const double later = end_of(std::move(senders), count) / demand.longest_s - 1;
  if (later <= rounding) return 1;
  const double left = 1 - absorbed(demand, collective, seconds_per_copy);
  return 1 + network_.backlog.share * later * std::max(0.0, left);
}

/// The part of what the most wanted link carries that lies in the buffers of the inputs of its switch before they stop.
double Blocking::absorbed(const Demand& demand, const Collective& collective,
                          const std::vector<double>& seconds_per_copy) const {
  const auto most = std::max_element(demand.asked.begin(), demand.asked.end());
  const int hot = static_cast<int>(most - demand.asked.begin());
  const int from = network_.links[at(stopping_[at(hot)])].from;
  int inputs = 0;
  for (std::size_t l = 0; l < network_.links.size(); ++l) {
    const bool feeds = network_.links[l].stops && network_.links[l].to == from;
    inputs += feeds && demand.seconds[at(routes_.stand_in(static_cast<int>(l)))] > 0 ? 1 : 0;
  }
  const Bytes carried = collective.bytes_per_copy * (demand.seconds[at(hot)] / seconds_per_copy[at(hot)]);
  return inputs * network_.backlog.input_buffer / carried;
}

}  // namespace teapot

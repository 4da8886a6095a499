// Sums over the pairs of a collective.
// Does not know when they start.

#include "sim/collective_load.hpp"

#include <algorithm>

#include "sim/index.hpp"

namespace teapot {

namespace {

Seconds time_at(const Collective& collective, const Link& link, const Wire::Use& use) {
  return collective.bytes_per_copy / (link.bandwidth * use.efficiency) + use.per_message;
}

}  // namespace

Seconds time_of_copy(const Collective& collective, const Link& link) {
  return time_at(collective, link, use_of(collective.wire.get(), link));
}

std::vector<double> times_of_copy(const Collective& collective, const Network& network) {
  const std::vector<Wire::Use> uses = uses_of(collective.wire.get(), network.links);
  std::vector<double> seconds(network.links.size());
  for (std::size_t l = 0; l < seconds.size(); ++l) seconds[l] = time_at(collective, network.links[l], uses[l]).value;
  return seconds;
}

std::shared_ptr<const Traffic> started_by(const Collective& collective, Transposes& transposes) {
  const bool turned = collective.reversed != (collective.start == Collective::Start::receiver);
  return turned ? transposes.of(collective.traffic) : collective.traffic;
}

LinkCopies::LinkCopies(const RouteTable& routes, const Collective& collective, const Traffic& started)
    : routes_(routes),
      started_(started),
      carry_(collective.carry),
      by_sender_(collective.start == Collective::Start::sender),
      in_sums_(carry_ == Collective::Carry::each && by_sender_ && !routes.spreads() && started.whole()) {}

CollectiveLoad load_of(const RouteTable& routes, const Collective& collective, const Traffic& started) {
  CollectiveLoad load;
  load.copies.assign(routes.links(), 0.0);
  load.latency_s.assign(at(started.ranks), 0.0);
  const bool by_sender = collective.start == Collective::Start::sender;
  const std::vector<double> of_tiers = routes.tier_latencies_s(collective.wire.get());
  LinkCopies copies{routes, collective, started};
  for (int rank = 0; rank < started.ranks; ++rank) {
    copies.start(rank, [&](int link, double count) { load.copies[at(link)] += count; });
    started.for_each_receiver(rank, [&](int peer, double) {
      double& latest = load.latency_s[at(by_sender ? peer : rank)];
      latest =
          std::max(latest, by_sender ? routes.latency_s(rank, peer, of_tiers) : routes.latency_s(peer, rank, of_tiers));
    });
  }
  return load;
}

}  // namespace teapot

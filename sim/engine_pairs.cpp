// Senders and receivers as SimGrid actors on mailboxes.
// Does not know what is computed in between.

#include "sim/engine_pairs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "sim/collective_load.hpp"
#include "sim/config.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

namespace s4u = simgrid::s4u;

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

}  // namespace

PairNetwork::PairNetwork(const Program& program, const Network& network, bool record)
    : program_(program),
      network_(network),
      rates_(rates_of(program, network)),
      use_(network.links.size()),
      record_(record ? network.links.size() : 0) {
  reject_what_pairs_cannot(program, network.name);
  for (int source = 0; source < program.endpoints(); ++source) {
    for (int d = 0; d < program.endpoints(); ++d) {
      for (const Hop& hop : route(source, d)) {
        if (hop.share != 1) {
          throw ConfigError(network.name +
                            ": network: pair needs one path for each pair of GPUs, and this fabric's routing spreads "
                            "over several (use network: collective, or static routing)");
        }
      }
    }
  }
}

Route PairNetwork::route(int source, int destination) const {
  const auto endpoint = [&](int e) {
    return e < program_.ranks ? e : network_.ranks() + program_.passive[at(e - program_.ranks)];
  };
  return source == destination ? Route{} : network_.route(endpoint(source), endpoint(destination));
}

std::string PairNetwork::platform_of(const std::string& zone) {
  return "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
         "<platform version=\"4.1\">\n<zone id=\"cluster\" routing=\"Full\">\n" +
         zone + "</zone>\n</platform>\n";
}

/// Links have no latency here: SimGrid would weigh flows by its inverse. send() pays it.
std::string PairNetwork::platform() const {
  std::string xml;
  for (int rank = 0; rank < program_.endpoints(); ++rank)
    xml += fmt::format("<host id=\"rank-{}\" speed=\"1Gf\"/>\n", rank);
  for (std::size_t i = 0; i < network_.links.size(); ++i) {
    xml += fmt::format("<link id=\"{}\" bandwidth=\"{:.17g}Bps\" latency=\"0s\"/>\n", i, rates_[i]);
  }
  for (int source = 0; source < program_.endpoints(); ++source) {
    for (int d = 0; d < program_.endpoints(); ++d) {
      if (d == source) continue;
      xml += fmt::format("<route src=\"rank-{}\" dst=\"rank-{}\" symmetrical=\"NO\">", source, d);
      for (const Hop& hop : route(source, d)) xml += fmt::format("<link_ctn id=\"{}\"/>", hop.link);
      xml += "</route>\n";
    }
  }
  return platform_of(xml);
}

void PairNetwork::start(Arrived arrived) {
  arrived_ = std::move(arrived);
  for (int rank = 0; rank < program_.endpoints(); ++rank) {
    ranks_.push_back({s4u::Host::by_name(fmt::format("rank-{}", rank)), s4u::Semaphore::create(0), {}});
  }
  for (int rank = 0; rank < program_.ranks; ++rank) {
    start_daemon("rank", ranks_[at(rank)].host, [this, rank] { wait_for_collectives(rank); });
  }
}

/// Actors cannot be made from inside a resource model, so a waiting one makes those that send and receive.
void PairNetwork::enter(int op, int rank) {
  ranks_[at(rank)].entered.push_back(op);
  ranks_[at(rank)].wake->release();
}

void PairNetwork::wait_for_collectives(int rank) {
  for (std::size_t next = 0;; ++next) {
    ranks_[at(rank)].wake->acquire();
    const int op = ranks_[at(rank)].entered[next];
    const auto halves = std::make_shared<int>(2);
    const auto half_done = [this, op, rank, halves] {
      if (--*halves == 0) arrived_(op, rank, s4u::Engine::get_clock());
    };
    start_others(op, rank);
    start_daemon("send", ranks_[at(rank)].host, [this, op, rank, half_done] {
      send(op, rank);
      half_done();
    });
    start_daemon("receive", ranks_[at(rank)].host, [this, op, rank, half_done] {
      receive(op, rank);
      half_done();
    });
  }
}

const Collective& PairNetwork::collective(int op) const {
  return std::get<Collective>(program_.operators[at(op)].work);
}

/// Rows are senders, or receivers.
std::shared_ptr<const Traffic> PairNetwork::traffic(int op, bool receiving) {
  const Collective& c = collective(op);
  return c.reversed == receiving ? c.traffic : transposes_.of(c.traffic);
}

/// One mailbox a pair and stream: a stream's collectives follow each other on every rank, so messages match in order.
s4u::Mailbox* PairNetwork::mailbox(int op, int source, int destination) const {
  return s4u::Mailbox::by_name(fmt::format("{}-{}-{}", program_.operators[at(op)].stream, source, destination));
}

/// A pair's payload as bytes that the slowest link of its route takes as long for.
PairNetwork::Message PairNetwork::message(int op, int source, int destination, double copies) {
  const Collective& c = collective(op);
  double slowest = 0;
  double payload = 0;
  double latency_s = 0;
  Seconds latest;  // of the wire's tiers on the path
  for (const Hop& hop : route(source, destination)) {
    const Link& link = network_.links[at(hop.link)];
    const double busy = copies * time_of_copy(c, link).value;
    if (busy > slowest) {
      slowest = busy;
      payload = busy * rates_[at(hop.link)];
    }
    latency_s += link.latency.value;
    latest = std::max(latest, use_of(c.wire.get(), link).latency);
    use_[at(hop.link)].bytes.value += copies * c.bytes_per_copy.value;
    use_[at(hop.link)].busy.value += busy;
    if (record_.on()) record_.add(hop.link, s4u::Engine::get_clock(), busy);
  }
  return {destination, latency_s + latest.value, static_cast<std::uint64_t>(std::llround(payload))};
}

/// The latency of a path is paid before the first byte: destinations in order of it. Mailboxes, not Comm::sendto, which
/// SimGrid 3.32 finishes in quadratic time (320 ranks: 418 s against 7 s).
void PairNetwork::send(int op, int rank) {
  if (collective(op).start == Collective::Start::receiver) return;  // receivers fetch
  std::vector<Message> messages;
  traffic(op, false)->for_each_receiver(
      rank, [&](int d, double copies) { messages.push_back(message(op, rank, d, copies)); });
  std::stable_sort(messages.begin(), messages.end(),
                   [](const Message& a, const Message& b) { return a.latency_s < b.latency_s; });
  const double begin = s4u::Engine::get_clock();
  static int payload;
  std::vector<s4u::CommPtr> flows;
  for (const auto& m : messages) {
    if (begin + m.latency_s > s4u::Engine::get_clock()) s4u::this_actor::sleep_until(begin + m.latency_s);
    flows.push_back(mailbox(op, rank, m.peer)->put_async(&payload, m.bytes));
  }
  for (const auto& flow : flows) flow->wait();
}

/// Actors for those that take part without coming to the operator: pools that are written to, and whoever holds what is
/// fetched.
void PairNetwork::start_others(int op, int rank) {
  if (collective(op).start == Collective::Start::receiver) {
    traffic(op, true)->for_each_receiver(rank, [&](int source, double copies) {
      start_daemon("answer", ranks_[at(source)].host,
                   [box = mailbox(op, source, rank), m = message(op, source, rank, copies)] {
                     static int payload;
                     s4u::this_actor::sleep_for(m.latency_s);
                     box->put_async(&payload, m.bytes)->wait();
                   });
    });
    return;
  }
  traffic(op, false)->for_each_receiver(rank, [&](int destination, double) {
    if (destination < program_.ranks) return;
    start_daemon("take", ranks_[at(destination)].host, [box = mailbox(op, rank, destination)] {
      static int* arrived;
      box->get_async<int>(&arrived)->wait();
    });
  });
}

void PairNetwork::receive(int op, int rank) {
  static int* arrived;
  std::vector<s4u::CommPtr> flows;
  traffic(op, true)->for_each_receiver(
      rank, [&](int source, double) { flows.push_back(mailbox(op, source, rank)->get_async<int>(&arrived)); });
  for (const auto& flow : flows) flow->wait();
}

}  // namespace teapot

// Communications of SimGrid between hosts whose routes are made as they are needed.
// Does not know for whom.

#include "sim/engine_shares.hpp"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "sim/index.hpp"

namespace teapot {
namespace {

namespace s4u = simgrid::s4u;

/// Each ordered pair of hosts has one route.
std::size_t hosts_for(std::size_t flows) { return 2 + static_cast<std::size_t>(std::sqrt(static_cast<double>(flows))); }

/// Longer than any simulation takes: 1e18 bytes at 1 TB/s are 11 days.
constexpr std::uint64_t endless = 1'000'000'000'000'000'000;

}  // namespace

/// Links have no latency here: SimGrid would weigh flows by its inverse. Who starts flows pays it.
std::string LinkShares::platform(const std::vector<double>& rates, std::size_t flows) {
  std::string xml = "<zone id=\"cluster\" routing=\"Full\">\n";
  for (std::size_t host = 0; host < hosts_for(flows); ++host)
    xml += fmt::format("<host id=\"rank-{}\" speed=\"1Gf\"/>\n", host);
  for (std::size_t link = 0; link < rates.size(); ++link)
    xml += fmt::format("<link id=\"{}\" bandwidth=\"{:.17g}Bps\" latency=\"0s\"/>\n", link, rates[link]);
  return xml + "</zone>\n";
}

LinkShares::LinkShares(std::size_t links, std::size_t flows) : running_(new std::vector<s4u::CommPtr>) {
  for (std::size_t host = 0; host < hosts_for(flows); ++host)
    hosts_.push_back(s4u::Host::by_name(fmt::format("rank-{}", host)));
  for (std::size_t link = 0; link < links; ++link) links_.push_back(s4u::Link::by_name(fmt::format("{}", link)));
  for (auto* model : s4u::Engine::get_instance()->get_all_models()) {
    if (model->get_name().starts_with("Network")) model_ = model;
  }
  if (model_ == nullptr) throw std::runtime_error("SimGrid has no network model");
}

int LinkShares::add(const std::vector<int>& links) {
  const std::size_t from = actions_.size() / (hosts_.size() - 1), other = actions_.size() % (hosts_.size() - 1);
  if (from >= hosts_.size()) throw std::runtime_error("more flows than the platform has hosts for");
  s4u::Host* const source = hosts_[from];
  s4u::Host* const destination = hosts_[other < from ? other : other + 1];
  std::vector<s4u::LinkInRoute> route;
  for (const int link : links) route.emplace_back(links_[at(link)]);
  s4u::Engine::get_instance()->get_netzone_root()->add_bypass_route(source->get_netpoint(), destination->get_netpoint(),
                                                                    nullptr, nullptr, route);
  running_->push_back(s4u::Comm::sendto_async(source, destination, endless));
  actions_.push_back(&model_->get_started_action_set()->back());  // the action just made
  actions_.back()->set_bound(-1);  // SimGrid's is what the slowest link has at this moment
  actions_.back()->set_sharing_penalty(0);
  // It never ends, and SimGrid need not ask when: shares it gets all the same.
  actions_.back()->set_state(simgrid::kernel::resource::Action::State::IGNORED);
  over_.push_back(links);
  return static_cast<int>(actions_.size()) - 1;
}

/// SimGrid 3.32 shares anew the links that it reaches from the first one of a flow that changes. From one that is on
/// its list already it does not look again, and so misses the others of a flow that came after: each is named here.
void LinkShares::weigh(int flow, std::size_t flows) {
  auto& action = *actions_[at(flow)];
  const bool comes = flows > 0 && action.get_sharing_penalty() <= 0;
  action.set_sharing_penalty(flows == 0 ? 0 : 1 / static_cast<double>(flows));
  if (!comes) return;
  for (const int link : over_[at(flow)]) set_rate(link, links_[at(link)]->get_bandwidth());
}

}  // namespace teapot

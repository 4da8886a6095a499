// Looks at what was asked and what came out.
// Does not print.

#include "analysis/run/warnings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace teapot {
namespace {

using Warning = std::optional<std::string>;

Warning fabric_by_default(const Scenario& s, const Report& r) {
  const bool says_where = s.source.find("fabric") != nullptr || s.source.find("platform") != nullptr || s.host;
  if (says_where || r.communication <= Seconds{} || s.source.find("accelerator") == nullptr) return {};
  return fmt::format("no fabric is given: {} is used, whatever the accelerator", s.fabric);
}

Warning bus_behind_nic(const Scenario& s) {
  BytesPerSecond bus, nic;
  for (const Link& link : s.network.links) {
    if (link.tier == "pcie" && (bus == BytesPerSecond{} || link.bandwidth < bus)) bus = link.bandwidth;
    if (link.tier == "nic") nic = std::max(nic, link.bandwidth);
  }
  if (bus == BytesPerSecond{} || nic <= bus) return {};
  return fmt::format("the PCIe bus of a GPU ({}) is slower than its NIC ({}): see fabric.pcie_bandwidth", to_text(bus),
                     to_text(nic));
}

/// The same EP and TP mean another layout on more GPUs.
Warning split_by_default(const Scenario& s) {
  const Layout& l = s.layout;
  const Tree* deployment = s.source.find("deployment");
  const bool written = deployment != nullptr && deployment->find("expert_tensor_parallel") != nullptr;
  if (written || !s.model.has_experts() || l.expert_parallel == 1 || l.expert_tensor_parallel == 1) return {};
  return fmt::format(
      "each expert is split over {} GPUs, since expert_parallel {} and tensor_parallel {} make up all {}; "
      "expert_tensor_parallel: 1 keeps experts whole, in {} groups",
      l.expert_tensor_parallel, l.expert_parallel, l.tensor_parallel, s.gpus(), s.gpus() / l.expert_parallel);
}

/// How fast the fabric joins GPUs that have ports of their own; zero where nothing does.
BytesPerSecond joined_at(const Scenario& s) {
  const bool by_ports = std::any_of(s.network.links.begin(), s.network.links.end(),
                                    [](const Link& link) { return link.tier == "nvlink"; });
  return by_ports ? scale_up_bandwidth(s.network) : BytesPerSecond{};
}

/// What a fabric gives beyond the accelerator's own ports nobody can buy.
Warning faster_than_ports(const Scenario& s, const Report& r) {
  constexpr BytesPerSecond without_ports{121e9};  // PCIe 6.0 x16: how GPUs without ports of their own are joined
  const BytesPerSecond joined = joined_at(s);
  const BytesPerSecond ports = s.accelerator.scale_up_bandwidth;
  if (r.communication <= Seconds{} || joined <= std::max(ports, without_ports) * 1.05) return {};
  const std::string has = ports > BytesPerSecond{} ? "ports of " + to_text(ports) : "no such ports";
  return fmt::format("the fabric joins GPUs at {}, but {} has {}", to_text(joined), s.accelerator.name, has);
}

/// A named fabric of another generation leaves ports idle; who writes its bandwidth knows.
Warning slower_than_ports(const Scenario& s, const Report& r) {
  const Tree* fabric = s.source.find("fabric");
  const bool named = fabric != nullptr && (fabric->kind == Tree::Kind::scalar || fabric->find("from") != nullptr);
  if (!named || fabric->find("nvlink_bandwidth") != nullptr || r.communication <= Seconds{}) return {};
  const BytesPerSecond joined = joined_at(s);
  const BytesPerSecond ports = s.accelerator.scale_up_bandwidth;
  if (joined <= BytesPerSecond{} || joined >= ports * 0.95) return {};
  return fmt::format("{} joins GPUs at {}, but {} has ports of {}: see fabric.nvlink_bandwidth", s.fabric,
                     to_text(joined), s.accelerator.name, to_text(ports));
}

}  // namespace

std::vector<std::string> warnings(const Scenario& s, const Report& r) {
  std::vector<std::string> found = s.model.reading.warnings;  // of a config.json
  for (const Warning& one : {fabric_by_default(s, r), bus_behind_nic(s), split_by_default(s), faster_than_ports(s, r),
                             slower_than_ports(s, r)}) {
    if (one) found.push_back(*one);
  }
  return found;
}

}  // namespace teapot

// Lays the figures of technologies under a fabric.
// Does not know what the figures are for.

#include "topologies/technology.hpp"

#include <algorithm>
#include <limits>

#include "sim/catalogue.hpp"
#include "topologies/transport.hpp"

namespace teapot {
namespace {

constexpr const char* folder = "topologies/technologies";

/// Generations of InfiniBand by the speed of a port, and of NVLink by what a GPU has in one direction; the last of them
/// stands for whatever is faster.
struct Generation {
  double speed;  ///< the fastest it has, in Gbps or GB/s
  const char* name;
};
constexpr Generation infiniband[] = {{100, "infiniband-edr"},
                                     {200, "infiniband-hdr"},
                                     {400, "infiniband-ndr"},
                                     {800, "infiniband-xdr"},
                                     {std::numeric_limits<double>::infinity(), "infiniband-gdr"}};
constexpr Generation nvlink[] = {
    {300, "nvlink-3"}, {450, "nvlink-4"}, {std::numeric_limits<double>::infinity(), "nvlink-5"}};

template <std::size_t N>
std::string by_speed(const Generation (&generations)[N], double speed) {
  return std::find_if(std::begin(generations), std::end(generations),
                      [&](const Generation& g) { return speed <= g.speed; })
      ->name;
}

struct Technology {
  std::string tier;  ///< network, scale-up, or all
  Tree fabric;       ///< keys of a fabric
};

Technology load(const std::string& name) {
  const Config config{resolve_named(name, folder, "technology")};
  Technology technology;
  technology.tier = config.choice("tier", {"network", "scale-up", "all"});
  technology.fabric = config.section("fabric").tree();
  config.get<std::string>("source");
  config.reject_unread_keys();
  return technology;
}

std::vector<std::string> written(const Config& fabric) {
  const About about{"What the network and the scale-up switch are made of, for what is not written: a name or a list",
                    "[roce-400g, nvlink-4]", "InfiniBand of the NICs' speed, NVLink of the GPUs'",
                    "interconnect network_type link_type"};
  if (!fabric.has("technology", about)) return {};
  const Config value = fabric.at("technology");
  std::vector<std::string> names;
  const auto add = [&](const Config& one) { names.push_back(one.as_one_of(names_in(folder), "technology")); };
  if (value.is_sequence()) {
    for (const Config& item : value.items()) add(item);
  } else {
    add(value);
  }
  return names;
}

/// A bus slower than the NICs behind it would be a limit that nobody asked for.
void drop_narrow_bus(const Config& fabric, Tree& under) {
  const Tree* bus = under.find("pcie_bandwidth");
  if (bus == nullptr || !fabric.has("nic_bandwidth")) return;
  const double ports = 1.0 * fabric.positive_or<int>("nics_per_gpu", 1) * fabric.positive_or<int>("ports_per_nic", 1);
  const BytesPerSecond nics = fabric.positive<BytesPerSecond>("nic_bandwidth") * ports;
  if (Config{*bus}.as<BytesPerSecond>() >= nics) return;
  std::erase_if(under.entries, [](const Tree::Entry& entry) { return entry.key.starts_with("pcie_"); });
}

}  // namespace

Config with_technology(const Config& fabric, bool networked) {
  bool network = false;
  bool scale_up = false;
  Tree under;
  under.kind = Tree::Kind::mapping;
  const auto lay = [&](const std::string& name) {
    const Technology technology = load(name);
    network = network || technology.tier != "scale-up";
    scale_up = scale_up || technology.tier != "network";
    if (networked || technology.tier != "network") under = overlay(std::move(under), technology.fabric);
  };
  for (const auto& name : written(fabric)) lay(name);
  if (networked && !network && fabric.has("nic_bandwidth")) {
    lay(by_speed(infiniband, fabric.positive<BytesPerSecond>("nic_bandwidth").value * 8 / 1e9));
  }
  if (!scale_up && fabric.has("nvlink_bandwidth")) {
    lay(by_speed(nvlink, fabric.positive<BytesPerSecond>("nvlink_bandwidth").value / 1e9));
  }
  under = overlay(std::move(under), implied_by_transport(fabric));
  if (!fabric.has("pcie_bandwidth")) drop_narrow_bus(fabric, under);
  Config whole = fabric.in_place_of("", overlay(std::move(under), fabric.tree()));
  whole.has("technology");
  return whole;
}

}  // namespace teapot

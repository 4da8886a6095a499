// Multiplies counts by prices.
// Does not know where the prices come from.

#include "analysis/cost/network_cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sim/catalogue.hpp"

namespace teapot {
namespace {

constexpr const char* newest = "2025";
constexpr const char* folder = "platforms/parts";
constexpr double most_split = 4;  // ways in which one port of a switch can be split

std::vector<Part> read_parts(const Config& config, const std::string& key) {
  std::vector<Part> parts;
  for (const Config& item : config.at(key).items()) {
    Part part;
    part.name = item.get<std::string>("name");
    part.speed = item.positive<BytesPerSecond>(key == "scale_up" ? "bandwidth" : "speed");
    if (key == "switches") part.ports = item.positive<int>("ports");
    if (key == "cables") part.reach_m = item.positive<double>("reach_m");
    if (key == "scale_up") part.most_gpus = item.positive<int>("most_gpus");
    part.usd = item.non_negative<double>("usd");
    part.w = item.non_negative<double>("W");
    part.estimate = item.get_or<bool>("estimate", false);
    item.get<std::string>("source");
    parts.push_back(std::move(part));
  }
  return parts;
}

/// The cheapest part that will do.
template <class F>
const Part* cheapest(const std::vector<Part>& parts, F&& will_do) {
  const Part* best = nullptr;
  for (const Part& part : parts) {
    if (will_do(part) && (best == nullptr || part.usd < best->usd)) best = &part;
  }
  return best;
}

std::string gbps(BytesPerSecond speed) { return fmt::format("{:g} Gbps", speed.value * 8 / 1e9); }

class Bill {
 public:
  void add(const std::string& name, std::int64_t count, double usd, double w, bool estimate = false) {
    if (count > 0) cost_.items.push_back({name, count, usd, w, estimate});
  }
  void add(const Part* part, std::int64_t count, const std::string& use, const std::string& wanted) {
    if (count == 0) return;
    if (part != nullptr) return add(part->name + use, count, part->usd, part->w, part->estimate);
    cost_.missing += (cost_.missing.empty() ? "" : ", ") + wanted;
  }
  Cost total(double endpoints) {
    for (const CostItem& item : cost_.items) {
      const double usd = static_cast<double>(item.count) * item.each_usd;
      cost_.usd += usd;
      if (item.estimate) cost_.estimated_usd += usd;
      cost_.power_kw += static_cast<double>(item.count) * item.each_w / 1000;
    }
    cost_.usd_per_endpoint = cost_.usd / endpoints;
    return cost_;
  }

 private:
  Cost cost_;
};

void add_flat(const Figures& figures, const Site& site, const Prices& prices, Bill& bill) {
  for (const BytesPerSecond speed : {site.nic_bandwidth, site.link_bandwidth}) {
    if (prices.only_speed > BytesPerSecond{} && speed != prices.only_speed)
      return bill.add(nullptr, 1, "", "price for " + gbps(speed));
  }
  bill.add("switch", figures.switches, prices.switch_usd, prices.switch_w);
  for (const auto& [tier, count] : figures.cables) {
    const auto own = prices.cable_usd_by_tier.find(tier);
    bill.add("cable, " + tier, count, own == prices.cable_usd_by_tier.end() ? prices.cable_usd : own->second, 0);
  }
  bill.add("cable to an endpoint", site.endpoints(), prices.endpoint_cable_usd, 0);
}

void add_network(const Figures& figures, const Site& site, const Prices& prices, Bill& bill) {
  const BytesPerSecond fastest = std::max(site.link_bandwidth, site.nic_bandwidth);
  const auto serves = [&](const Part& part) {
    const double split = std::min(most_split, std::floor(part.speed / fastest * (1 + 1e-9)));
    return split >= 1 && part.ports * split >= figures.radix;
  };
  bill.add(cheapest(prices.switches, serves), figures.switches, "",
           fmt::format("switches of {} ports of {}", figures.radix, gbps(fastest)));
  const auto cable = [&](BytesPerSecond speed, double reach, std::int64_t count, const std::string& use) {
    const auto reaches = [&](const Part& part) {
      return part.speed.value >= speed.value * (1 - 1e-9) && part.reach_m >= reach;
    };
    bill.add(cheapest(prices.cables, reaches), count, ", " + use,
             fmt::format("cables of {} over {:g} m", gbps(speed), reach));
  };
  for (const auto& [tier, count] : figures.cables) {
    const auto own = figures.reach_m.find(tier);
    cable(site.link_bandwidth, own != figures.reach_m.end() ? own->second : site.cable_m, count, tier);
  }
  cable(site.nic_bandwidth, site.nic_cable_m, site.endpoints(), "to NICs");
  const BytesPerSecond nic = site.nic_bandwidth * site.ports_per_nic;
  bill.add(cheapest(prices.nics, [&](const Part& part) { return part.speed.value >= nic.value * (1 - 1e-9); }),
           site.endpoints() / site.ports_per_nic, "", "NICs of " + gbps(nic));
}

}  // namespace

Prices read_prices(const Config& config) {
  Prices prices;
  config.get_or<std::string>("source", "");
  config.get_or<int>("year", 0);
  prices.flat = config.has("switch_usd");
  if (prices.flat) {
    prices.switch_usd = config.non_negative<double>("switch_usd");
    prices.only_speed = config.positive_or<BytesPerSecond>("speed", BytesPerSecond{});
    prices.cable_usd = config.non_negative<double>("cable_usd");
    prices.endpoint_cable_usd = config.non_negative<double>("endpoint_cable_usd");
    prices.switch_w = config.non_negative_or<double>("switch_W", 0);
    const Config tiers = config.section("cable_usd_by_tier");
    for (const auto& tier : tiers.keys()) prices.cable_usd_by_tier[tier] = tiers.non_negative<double>(tier);
  } else {
    prices.switches = read_parts(config, "switches");
    prices.nics = read_parts(config, "nics");
    prices.cables = read_parts(config, "cables");
    prices.scale_up = read_parts(config, "scale_up");
  }
  config.reject_unread_keys();
  return prices;
}

Tree price_list(const std::string& name) { return resolve_named(name.empty() ? newest : name, folder, "price list"); }

Prices load_prices(const std::string& name) { return read_prices(Config{price_list(name)}); }

Cost cost_of(const Figures& figures, const Site& site, const Prices& prices) {
  const bool networked = site.ports > 0;
  const std::int64_t gpus = std::int64_t{site.nodes} * site.gpus;
  Bill bill;
  if (prices.flat) {
    if (!networked) return {};  // a scale-up switch is part of its node or rack
    add_flat(figures, site, prices, bill);
    return bill.total(static_cast<double>(site.endpoints()));
  }
  if (networked) add_network(figures, site, prices, bill);
  const auto joins = [&](const Part& part) {
    return part.speed.value >= site.nvlink_bandwidth.value * (1 - 1e-9) && part.most_gpus >= site.gpus;
  };
  const bool joined = site.nvlink_bandwidth > BytesPerSecond{} && site.gpus > 1 && !site.over_pcie;
  bill.add(cheapest(prices.scale_up, joins), joined ? gpus : 0, "",
           fmt::format("scale-up switches of {} for {} GPUs", to_text(site.nvlink_bandwidth), site.gpus));
  return bill.total(static_cast<double>(networked ? site.endpoints() : gpus));
}

}  // namespace teapot

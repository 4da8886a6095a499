#pragma once
// Routes and links as SimGrid tells them, made into numbers.
// Knows SimGrid's names; for the reader's child process only.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <simgrid/s4u.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "platforms/platform_file/inventory.hpp"
#include "sim/config.hpp"

namespace teapot {
namespace sg4 = simgrid::s4u;

inline std::string property(const auto& thing, const char* name) {
  const char* value = thing.get_property(name);
  return value == nullptr ? "" : value;
}

/// Properties of a split-duplex link are those of the whole, not of its halves.
inline LoadedLink describe(const sg4::Engine& engine, const sg4::Link& link) {
  LoadedLink loaded{link.get_name(),
                    property(link, "tier"),
                    property(link, "from"),
                    property(link, "to"),
                    {link.get_bandwidth()},
                    {link.get_latency()},
                    -1,
                    -1};
  const bool down = loaded.name.ends_with("_DOWN");
  if (!loaded.tier.empty() || (!down && !loaded.name.ends_with("_UP"))) return loaded;
  try {
    const auto* whole = engine.split_duplex_link_by_name(loaded.name.substr(0, loaded.name.rfind('_')));
    if (whole == nullptr) return loaded;
    loaded.tier = property(*whole, "tier");
    loaded.from = property(*whole, down ? "to" : "from");
    loaded.to = property(*whole, down ? "from" : "to");
  } catch (const std::exception&) {  // a link that is only called so
  }
  return loaded;
}

/// Reads the routes of ranks into numbers of links that the network keeps.
class RouteReader {
 public:
  RouteReader(const sg4::Engine& engine, LoadedPlatform& platform) : platform_(platform) {
    auto links = engine.get_all_links();
    std::sort(links.begin(), links.end(),
              [](const auto* a, const auto* b) { return natural_less(a->get_name(), b->get_name()); });
    for (const auto* link : links) {
      numbers_.emplace(link, static_cast<int>(platform.links.size()));
      by_name_.emplace(link->get_name(), static_cast<int>(platform.links.size()));
      platform.links.push_back(describe(engine, *link));
      policies_.push_back(link->get_sharing_policy());
      links_.push_back(link);
    }
    crossed_.resize(links.size());
  }

  void read(const sg4::Host& from, const sg4::Host& to, int source, int destination) {
    std::vector<sg4::Link*> links;
    double latency = 0;
    from.route_to(&to, links, &latency);
    if (links.empty()) throw ConfigError(fmt::format("no route from {} to {}", from.get_name(), to.get_name()));
    double sum = 0;
    auto slowest = std::numeric_limits<double>::infinity();
    for (const auto* link : links) {
      sum += link->get_latency();
      if (link->get_sharing_policy() == sg4::Link::SharingPolicy::SHARED)
        slowest = std::min(slowest, link->get_bandwidth());
    }
    if (std::abs(latency - sum) > 1e-12 + 1e-9 * sum) {
      throw ConfigError(
          fmt::format("the route from {} to {} has a latency of its own, beside its links' (a Vivaldi zone?)",
                      from.get_name(), to.get_name()));
    }
    path_.clear();
    for (const auto* link : links) take(*link, slowest, source, destination);
    platform_.routes.set(source, destination, path_);
  }

  /// The route that a search found: as `read`, where its links are such as share their bandwidth.
  bool keep(const std::vector<int>& path, int source, int destination) {
    for (const int link : path) {
      const auto l = static_cast<std::size_t>(link);
      if (policies_[l] != sg4::Link::SharingPolicy::SHARED) return false;
      if (!crossed_[l]) require_sane(*links_[l]);
      crossed_[l] = 1;
    }
    for (const int link : path) note(platform_.links[static_cast<std::size_t>(link)], source, destination);
    platform_.routes.set(source, destination, path);
    return true;
  }
  /// -1: there is no such link.
  int number_of(const std::string& link) const {
    const auto found = by_name_.find(link);
    return found == by_name_.end() ? -1 : found->second;
  }
  /// What was read last.
  const std::vector<int>& path() const { return path_; }

  /// Drops the links that no route crosses and that the file does not place, such as SimGrid's own loopback.
  void finish() {
    for (std::size_t i = 0; i < platform_.links.size(); ++i) {
      auto& link = platform_.links[i];
      // A fat pipe gives each transfer its full bandwidth however many there are, and none is slowed by it (see take).
      if (policies_[i] == sg4::Link::SharingPolicy::FATPIPE) link.bandwidth = BytesPerSecond{1e30};
      if (link.only_source == -2) link.only_source = -1;
      if (link.only_destination == -2) link.only_destination = -1;
    }
    std::vector<int> kept(platform_.links.size(), -1);
    std::vector<LoadedLink> links;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (!crossed_[i] && platform_.links[i].from.empty()) continue;
      kept[i] = static_cast<int>(links.size());
      links.push_back(std::move(platform_.links[i]));
    }
    platform_.links = std::move(links);
    platform_.routes.renumber(kept);
  }

 private:
  /// As YAML's quantities are limited: what lies outside is a slip, and neither time nor rounding could be relied on.
  static void require_sane(const sg4::Link& link) {
    const double bandwidth = link.get_bandwidth();
    const double latency = link.get_latency();
    if (!(bandwidth >= 1 && bandwidth <= 1e18))
      throw ConfigError(
          fmt::format("link {}: a bandwidth of {:g} B/s (allowed: 1 B/s to 1e18 B/s)", link.get_name(), bandwidth));
    if (!(latency >= 0 && latency <= 1e9))
      throw ConfigError(fmt::format("link {}: a latency of {:g} s (allowed: 0 s to 1e9 s)", link.get_name(), latency));
  }

  void take(const sg4::Link& link, double slowest, int source, int destination) {
    const int number = numbers_.at(&link);
    if (!crossed_[static_cast<std::size_t>(number)]) require_sane(link);
    const auto policy = policies_[static_cast<std::size_t>(number)];
    if (policy == sg4::Link::SharingPolicy::FATPIPE) {
      if (link.get_bandwidth() < slowest) {
        throw ConfigError(fmt::format(
            "link {}: a FATPIPE that is slower than the shared links beside it limits each transfer by itself, which a "
            "collective cannot follow (make it SHARED or faster)",
            link.get_name()));
      }
      if (link.get_latency() == 0) return;  // only counts steps for the routing
    } else if (policy != sg4::Link::SharingPolicy::SHARED) {
      throw ConfigError(
          fmt::format("link {}: a wifi or non-linear link (allowed: SHARED, SPLITDUPLEX, FATPIPE)", link.get_name()));
    }
    crossed_[static_cast<std::size_t>(number)] = 1;
    note(platform_.links[static_cast<std::size_t>(number)], source, destination);
    path_.push_back(number);
  }

  static void note(LoadedLink& link, int source, int destination) {
    const auto see = [](int& only, int rank) { only = only == -1 || only == rank ? rank : -2; };
    see(link.only_source, source);
    see(link.only_destination, destination);
  }

  LoadedPlatform& platform_;
  std::unordered_map<const sg4::Link*, int> numbers_;
  std::unordered_map<std::string, int> by_name_;
  std::vector<const sg4::Link*> links_;  // by number
  std::vector<sg4::Link::SharingPolicy> policies_;
  std::vector<char> crossed_;
  std::vector<int> path_;
};

}  // namespace teapot

// Makes a network of what a platform file holds: which hosts are ranks, which tier a link is of, which ranks share a
// scale-up domain. Our own files say all of it; for files of others names must do. Knows no SimGrid.

#include "platforms/platform_file/inventory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

#include "platforms/platform_file/alike_ranks.hpp"
#include "platforms/platform_file/graph.hpp"
#include "sim/config.hpp"

namespace teapot {
namespace {

std::string lower_case(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What a host is, by its property, else by the word its name starts with.
std::string role_of(const LoadedHost& host) {
  if (!host.role.empty()) return host.role;
  const std::string name = lower_case(host.name);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 9> words{{{"gpu", "gpu"},
                                                                                {"cpu", "cpu"},
                                                                                {"nvsw", "nvswitch"},
                                                                                {"leaf", "leaf"},
                                                                                {"tor", "leaf"},
                                                                                {"core", "spine"},
                                                                                {"spine", "spine"},
                                                                                {"switch", "switch"},
                                                                                {"psw", "pcie"}}};
  for (const auto& [word, role] : words) {
    if (name.starts_with(word)) return std::string{role};
  }
  return "host";
}

std::vector<int> hosts_where(const std::vector<LoadedHost>& hosts, const auto& wanted) {
  std::vector<int> chosen;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (wanted(hosts[i])) chosen.push_back(static_cast<int>(i));
  }
  return chosen;
}

/// Below `count`; nothing where the text is no such number.
std::optional<std::size_t> number_below(const std::string& text, std::size_t count) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && number < count ? std::optional{number} : std::nullopt;
}

/// Hosts in the order of a property that numbers them.
std::vector<int> in_order(const std::vector<LoadedHost>& hosts, const std::vector<int>& chosen,
                          std::string LoadedHost::*property, const char* name) {
  std::vector<int> ordered(chosen.size(), -1);
  for (const int host : chosen) {
    const LoadedHost& loaded = hosts[static_cast<std::size_t>(host)];
    const auto number = number_below(loaded.*property, ordered.size());
    if (!number || ordered[*number] >= 0) {
      throw ConfigError(fmt::format("host {}: {} \"{}\" ({} must be 0 to {}, each once)", loaded.name, name,
                                    loaded.*property, std::string{name} == "rank" ? "ranks" : "numbers",
                                    ordered.size() - 1));
    }
    ordered[*number] = host;
  }
  return ordered;
}

int find_root(std::vector<int>& parent, int i) {
  while (parent[static_cast<std::size_t>(i)] != i) i = parent[static_cast<std::size_t>(i)];
  return i;
}

/// Numbers the domains in the order of their first ranks.
std::vector<int> domains_of(const LoadedPlatform& platform, const std::vector<Link>& links) {
  const int ranks = static_cast<int>(platform.ranks.size());
  std::vector<std::string> label(platform.ranks.size());
  std::vector<int> parent(platform.ranks.size());
  std::iota(parent.begin(), parent.end(), 0);
  for (int r = 0; r < ranks; ++r) {
    label[static_cast<std::size_t>(r)] =
        platform.hosts[static_cast<std::size_t>(platform.ranks[static_cast<std::size_t>(r)])].domain;
  }
  if (std::all_of(label.begin(), label.end(), [](const std::string& text) { return text.empty(); })) {
    // Ranks joined by NVLink alone share a domain; without such links each has its own.
    for (int s = 0; s < ranks; ++s) {
      for (int d = s + 1; d < ranks; ++d) {
        const Route route = platform.routes.route(s, d);
        const bool scale_up = std::all_of(route.begin(), route.end(), [&](const Hop& hop) {
          return links[static_cast<std::size_t>(hop.link)].tier == "nvlink";
        });
        if (scale_up) parent[static_cast<std::size_t>(find_root(parent, d))] = find_root(parent, s);
      }
    }
    for (int r = 0; r < ranks; ++r) label[static_cast<std::size_t>(r)] = std::to_string(find_root(parent, r));
  }
  std::map<std::string, int> numbers;
  std::vector<int> domains;
  for (int r = 0; r < ranks; ++r) {
    const auto& text = label[static_cast<std::size_t>(r)];
    const std::string key = text.empty() ? fmt::format("alone {}", r) : text;
    domains.push_back(numbers.try_emplace(key, static_cast<int>(numbers.size())).first->second);
  }
  return domains;
}

/// Numbers of nodes by name, added as they come.
struct NodeNumbers {
  std::vector<Node> nodes;
  std::map<std::string, int> known;

  int of(const std::string& name, const std::string& role) {
    const auto [entry, added] = known.try_emplace(name, static_cast<int>(nodes.size()));
    if (added) nodes.push_back({name, role});
    return entry->second;
  }
};

}  // namespace

bool natural_less(const std::string& a, const std::string& b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const auto number = [](const std::string& text, std::size_t& at) {
        while (at < text.size() && text[at] == '0') ++at;
        const std::size_t first = at;
        while (at < text.size() && is_digit(text[at])) ++at;
        return std::string_view{text}.substr(first, at - first);
      };
      const auto x = number(a, i);
      const auto y = number(b, j);
      if (x != y) return x.size() != y.size() ? x.size() < y.size() : x < y;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
    }
  }
  if ((i < a.size()) != (j < b.size())) return j < b.size();
  return a < b;
}

std::vector<int> choose_ranks(const std::vector<LoadedHost>& hosts) {
  auto numbered = hosts_where(hosts, [](const LoadedHost& host) { return !host.rank.empty(); });
  if (!numbered.empty()) return in_order(hosts, numbered, &LoadedHost::rank, "rank");
  auto gpus = hosts_where(hosts, [](const LoadedHost& host) { return role_of(host) == "gpu"; });
  if (!gpus.empty()) return gpus;
  return hosts_where(hosts, [](const LoadedHost&) { return true; });
}

std::vector<int> choose_passive(const std::vector<LoadedHost>& hosts, const std::vector<int>& ranks) {
  const auto numbered = hosts_where(hosts, [](const LoadedHost& host) { return !host.passive.empty(); });
  std::vector<int> all;
  if (!numbered.empty()) all = in_order(hosts, numbered, &LoadedHost::passive, "passive");
  std::size_t used = 0;
  for (const int rank : ranks) {
    const LoadedHost& loaded = hosts[static_cast<std::size_t>(rank)];
    if (loaded.host.empty() && all.empty()) continue;
    const auto own = number_below(loaded.host, all.size());
    if (!own)
      throw ConfigError(fmt::format("host {}: host \"{}\" (must be the number `passive` of one of {})", loaded.name,
                                    loaded.host, all.size()));
    used = std::max(used, *own + 1);
  }
  all.resize(used);
  return all;
}

std::string guess_tier(const std::string& link_name) {
  const std::string name = lower_case(link_name);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 11> words{{{"nvl", "nvlink"},
                                                                                 {"pci", "pcie"},
                                                                                 {"nic", "nic"},
                                                                                 {"hca", "nic"},
                                                                                 {"hb", "host-bridge"},
                                                                                 {"up-", "leaf"},
                                                                                 {"leaf", "leaf"},
                                                                                 {"tor", "leaf"},
                                                                                 {"spine", "spine"},
                                                                                 {"core", "spine"},
                                                                                 {"global", "global"}}};
  for (const auto& [word, tier] : words) {
    if (name.starts_with(word)) return std::string{tier};
  }
  std::size_t letters = 0;
  while (letters < name.size() && std::isalpha(static_cast<unsigned char>(name[letters]))) ++letters;
  return letters > 0 ? name.substr(0, letters) : "link";
}

Network network_of(LoadedPlatform platform) {
  Network network;
  network.name = platform.name;
  NodeNumbers numbers;
  for (const auto& host : platform.hosts) numbers.of(host.name, role_of(host));
  network.gpus = platform.ranks;  // hosts are the first nodes
  network.passive = platform.passive;
  const auto rank_node = [&](int rank, const std::string& otherwise) {
    return rank < 0 ? numbers.of(otherwise, "switch") : node_of(network, rank);
  };
  for (const auto& link : platform.links) {
    const bool placed = !link.from.empty() && !link.to.empty();
    // SimGrid tells routes, not which nodes a link joins: where the file does not say, a link that serves one rank
    // alone hangs on that rank, and all else is somewhere in the network.
    const int from = placed ? numbers.of(link.from, "switch") : rank_node(link.only_source, platform.name + " inside");
    const int to = placed ? numbers.of(link.to, "switch") : rank_node(link.only_destination, platform.name + " inside");
    network.links.push_back(
        {link.name, link.tier.empty() ? guess_tier(link.name) : link.tier, from, to, link.bandwidth, link.latency});
  }
  network.nodes = std::move(numbers.nodes);
  for (const int rank : platform.passive.empty() ? std::vector<int>{} : platform.ranks) {
    const auto& own = platform.hosts[static_cast<std::size_t>(rank)].host;
    network.host.push_back(static_cast<int>(*number_below(own, platform.passive.size())));
  }
  network.domain = domains_of(platform, network.links);
  network.alike = alike_ranks(network, platform.routes);
  const auto routes = std::make_shared<const PairRoutes>(std::move(platform.routes));
  network.route = [routes](int source, int destination) { return routes->route(source, destination); };
  return network;
}

}  // namespace teapot

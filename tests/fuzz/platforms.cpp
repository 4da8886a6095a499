// Fuzz targets: platform files, as text, as what SimGrid found in them, and through SimGrid itself.
// Knows no kind of fabric.

#include <cmath>
#include <sstream>

#include "platforms/platform_file/inventory.hpp"
#include "platforms/platform_file/platform_file.hpp"
#include "platforms/platform_file/platform_text.hpp"
#include "sim/config.hpp"
#include "target.hpp"

namespace teapot::fuzz {
namespace {

void platform_text(const std::string& text) { check_platform_text(text, "platform.xml"); }

/// Lines `host NAME ROLE RANK DOMAIN` and `link NAME TIER FROM TO`, a hyphen for nothing.
void inventory(const std::string& text) {
  LoadedPlatform platform;
  platform.name = "fuzz";
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line) && platform.hosts.size() < 16 && platform.links.size() < 64;) {
    std::istringstream words{line};
    std::string kind, a, b, c, d;
    words >> kind >> a >> b >> c >> d;
    for (std::string* word : {&a, &b, &c, &d}) {
      if (*word == "-") word->clear();
    }
    if (kind == "host") platform.hosts.push_back({a, b, c, d, "", ""});
    if (kind == "link") platform.links.push_back({a, b, c, d, BytesPerSecond{1e9}, Seconds{1e-6}, -1, -1});
  }
  platform.ranks = choose_ranks(platform.hosts);
  const int ranks = static_cast<int>(platform.ranks.size());
  if (ranks == 0 || platform.links.empty()) return;
  platform.routes = PairRoutes{ranks};
  for (int s = 0; s < ranks; ++s) {
    for (int d = 0; d < ranks; ++d) {
      if (s != d) platform.routes.set(s, d, {(s * 7 + d) % static_cast<int>(platform.links.size())});
    }
  }
  const Network network = network_of(from_bytes(to_bytes(platform)));
  require(network.ranks() == ranks && network.domain.size() == platform.ranks.size(), "every rank has a domain");
  for (const Link& link : network.links) {
    const int nodes = static_cast<int>(network.nodes.size());
    require(link.from >= 0 && link.from < nodes && link.to >= 0 && link.to < nodes, "links join nodes");
  }
}

/// In a child process, so that SimGrid's own faults are answers; slow for that.
void platform(const std::string& text) { read_platform(as_file(text, "platform.xml"), 8); }

const Target targets[] = {{"platform-text", platform_text}, {"inventory", inventory}, {"platform", platform}};

}  // namespace
}  // namespace teapot::fuzz

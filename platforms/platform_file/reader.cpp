// Loads a platform file through SimGrid in a child process: SimGrid ends the process on a bad file, and has one engine
// per process. Knows SimGrid's names; what they mean for a network is the inventory's business.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>
#include <simgrid/s4u.hpp>
#include <string_view>
#include <unordered_map>

#include "platforms/platform_file/inventory.hpp"
#include "platforms/platform_file/platform_file.hpp"
#include "platforms/platform_file/platform_text.hpp"
#include "sim/config.hpp"
#include "sim/input_file.hpp"
#include "sim/isolated.hpp"

namespace teapot {
namespace {

namespace sg4 = simgrid::s4u;

/// Where the child is, in memory that outlives it: SimGrid 3.32 crashes on a route between unconnected hosts.
struct Stage {
  char source[256];
  char destination[256];
};

struct SharedStage {
  Stage* stage;
  SharedStage() {
    void* page = mmap(nullptr, sizeof(Stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED) throw ChildDied("no memory to share with a child process");
    stage = new (page) Stage{};
  }
  SharedStage(const SharedStage&) = delete;
  SharedStage& operator=(const SharedStage&) = delete;
  ~SharedStage() { munmap(stage, sizeof(Stage)); }
};

/// Takes what the child writes to stderr; SimGrid says there what it dislikes, among other lines.
struct Scratch {
  int fd = memfd_create("stderr", MFD_CLOEXEC);
  Scratch() = default;
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (fd >= 0) close(fd);
  }
  std::string text() const {
    std::string all;
    char buffer[4096];
    for (off_t at = 0; at < 1 << 20;) {
      const ssize_t count = pread(fd, buffer, sizeof buffer, at);
      if (count <= 0) break;
      all.append(buffer, static_cast<std::size_t>(count));
      at += count;
    }
    return all;
  }
};

std::string property(const auto& thing, const char* name) {
  const char* value = thing.get_property(name);
  return value == nullptr ? "" : value;
}

/// Properties of a split-duplex link are those of the whole, not of its halves.
LoadedLink describe(const sg4::Engine& engine, const sg4::Link& link) {
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
      platform.links.push_back(describe(engine, *link));
      policies_.push_back(link->get_sharing_policy());
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
    auto& loaded = platform_.links[static_cast<std::size_t>(number)];
    const auto note = [](int& only, int rank) { only = only == -1 || only == rank ? rank : -2; };
    note(loaded.only_source, source);
    note(loaded.only_destination, destination);
    path_.push_back(number);
  }

  LoadedPlatform& platform_;
  std::unordered_map<const sg4::Link*, int> numbers_;
  std::vector<sg4::Link::SharingPolicy> policies_;
  std::vector<char> crossed_;
  std::vector<int> path_;
};

LoadedPlatform load(const std::string& file, int max_ranks, Stage& stage) {
  int argc = 1;
  char name[] = "teapot";
  char* argv[] = {name, nullptr};
  sg4::Engine engine{&argc, argv};
  // SimGrid's crash is an answer here: no handler of ours or its own speaks up, and no core is left.
  for (const int crash : {SIGSEGV, SIGABRT, SIGBUS}) std::signal(crash, SIG_DFL);
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  engine.load_platform(file);
  auto hosts = engine.get_all_hosts();
  if (hosts.empty()) throw ConfigError("no hosts");
  engine.seal_platform();

  LoadedPlatform platform;
  const sg4::NetZone* zone = engine.get_netzone_root();
  // SimGrid 4 puts the file's zone into one of its own.
  if (zone->get_name() == "_world_" && zone->get_children().size() == 1) zone = zone->get_children().front();
  platform.name = property(*zone, "fabric");
  if (platform.name.empty()) platform.name = zone->get_name();
  std::sort(hosts.begin(), hosts.end(),
            [](const auto* a, const auto* b) { return natural_less(a->get_name(), b->get_name()); });
  for (const auto* host : hosts) {
    platform.hosts.push_back(
        {host->get_name(), property(*host, "role"), property(*host, "rank"), property(*host, "domain")});
  }
  platform.ranks = choose_ranks(platform.hosts);
  if (platform.ranks.size() > static_cast<std::size_t>(max_ranks))
    platform.ranks.resize(static_cast<std::size_t>(max_ranks));
  const int ranks = static_cast<int>(platform.ranks.size());
  platform.routes = PairRoutes{ranks};
  RouteReader reader{engine, platform};
  for (int s = 0; s < ranks; ++s) {
    const auto& from = *hosts[static_cast<std::size_t>(platform.ranks[static_cast<std::size_t>(s)])];
    fmt::format_to_n(stage.source, sizeof stage.source - 1, "{}{}", from.get_name(), '\0');
    for (int d = 0; d < ranks; ++d) {
      if (s == d) continue;
      const auto& to = *hosts[static_cast<std::size_t>(platform.ranks[static_cast<std::size_t>(d)])];
      fmt::format_to_n(stage.destination, sizeof stage.destination - 1, "{}{}", to.get_name(), '\0');
      reader.read(from, to, s, d);
    }
  }
  reader.finish();
  return platform;
}

/// SimGrid's own words among what it wrote: a parse error, else the first line that is marked as an error.
std::string complaint(const std::string& errors) {
  for (const char* mark : {"Parse error at ", "/CRITICAL] ", "/ERROR] ", "what():"}) {
    const auto at = errors.find(mark);
    if (at == std::string::npos) continue;
    const auto begin =
        at + (mark[0] == 'P' ? std::string_view{"Parse error at "}.size() : std::string_view{mark}.size());
    return errors.substr(begin, errors.find('\n', begin) - begin);
  }
  return {};
}

}  // namespace

Network read_platform(const std::string& file, int max_ranks) {
  check_platform_text(read_input(file, most_trace_bytes), file);
  const SharedStage shared;
  const Scratch scratch;
  try {
    return network_of(from_bytes(isolated([&](const Progress&) {
      for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
        if (scratch.fd >= 0) dup2(scratch.fd, stream);
      }
      return to_bytes(load(std::filesystem::absolute(file).string(), max_ranks, *shared.stage));
    })));
  } catch (const ConfigError& e) {
    throw ConfigError(fmt::format("{}: {}", file, e.what()));
  } catch (const ChildDied& e) {
    const std::string words = complaint(scratch.text() + "\n" + e.what());
    if (shared.stage->destination[0] != '\0') {
      throw ConfigError(fmt::format("{}: no route from {} to {}{}", file, shared.stage->source,
                                    shared.stage->destination, words.empty() ? "" : " (" + words + ")"));
    }
    // A parse error starts with the file's full name and the line.
    const std::string full = std::filesystem::absolute(file).string();
    if (words.starts_with(full + ":")) throw ConfigError(file + words.substr(full.size()));
    if (!words.empty()) throw ConfigError(fmt::format("{}: {}", file, words));
    throw ConfigError(fmt::format("{}: SimGrid cannot load it as a platform ({})", file, e.what()));
  }
}

}  // namespace teapot

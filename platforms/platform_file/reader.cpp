// Loads a platform file through SimGrid in a child process: SimGrid ends the process on a bad file, and has one engine
// per process. Knows SimGrid's names; what they mean for a network is the inventory's business.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>
#include <simgrid/s4u.hpp>
#include <string_view>
#include <vector>

#include "platforms/platform_file/file_graph.hpp"
#include "platforms/platform_file/inventory.hpp"
#include "platforms/platform_file/platform_file.hpp"
#include "platforms/platform_file/platform_text.hpp"
#include "platforms/platform_file/reader_routes.hpp"
#include "platforms/platform_file/shortest.hpp"
#include "sim/config.hpp"
#include "sim/input_file.hpp"
#include "sim/isolated.hpp"

namespace teapot {
namespace {

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

/// Reads the routes of all pairs of ranks: searched for in the graph that the file spells out, where it does and each
/// is the only shortest one, otherwise as SimGrid tells them.
class AllRoutes {
 public:
  /// `hosts`: of endpoints, so many of which are ranks.
  AllRoutes(const sg4::Engine& engine, const std::vector<const sg4::Host*>& hosts, int ranks, RouteReader& reader,
            Stage& stage)
      : hosts_(hosts), ranks_(ranks), reader_(reader), stage_(stage) {
    for (const auto* link : engine.get_all_links()) {
      const bool is_step = link->get_sharing_policy() == sg4::Link::SharingPolicy::FATPIPE &&
                           link->get_latency() == 0 && link->get_bandwidth() >= 1e18;
      steps_only_ = steps_only_ && (is_step || !link->get_name().starts_with("enter "));
    }
  }

  void read(const std::string& text) {
    auto graph = steps_only_ && endpoints() > few ? file_graph(text) : std::nullopt;
    if (graph && !(place(*graph) && agrees(*graph))) graph.reset();
    std::optional<ShortestPaths> search;
    if (graph) search.emplace(graph->ports);
    for (int s = 0; s < endpoints(); ++s) {
      if (graph) search->start(vertex_[static_cast<std::size_t>(s)]);
      for (int d = 0; d < endpoints(); ++d) {
        if (exchange(s, d) && !(graph && found(*graph, *search, s, d))) ask(s, d);
      }
    }
  }

 private:
  static constexpr int few = 64;  // ranks: SimGrid is asked for all

  int endpoints() const { return static_cast<int>(hosts_.size()); }
  bool exchange(int s, int d) const { return s != d && (s < ranks_ || d < ranks_); }

  /// Numbers of the graph's vertices and links among ours; false where one is missing.
  bool place(const FileGraph& graph) {
    for (const auto* host : hosts_) {
      const auto vertex = graph.vertex.find(host->get_name());
      if (vertex == graph.vertex.end()) return false;
      vertex_.push_back(vertex->second);
    }
    for (const auto& link : graph.links) number_.push_back(reader_.number_of(link));
    return std::find(number_.begin(), number_.end(), -1) == number_.end();
  }

  /// The route into path_, if the search has one that is the only shortest.
  bool one_path(const FileGraph& graph, const ShortestPaths& search, int s, int d) {
    const int from = vertex_[static_cast<std::size_t>(s)];
    const int to = vertex_[static_cast<std::size_t>(d)];
    if (!search.one(to) || graph.bypassed.contains({from, to})) return false;
    search.links_back_from(to, path_);
    std::reverse(path_.begin(), path_.end());
    for (int& link : path_) link = number_[static_cast<std::size_t>(link)];
    return true;
  }
  bool found(const FileGraph& graph, const ShortestPaths& search, int s, int d) {
    return one_path(graph, search, s, d) && reader_.keep(path_, s, d);
  }

  /// Whether SimGrid finds what the search finds, from a few sources.
  bool agrees(const FileGraph& graph) {
    ShortestPaths search{graph.ports};
    for (int i = 0; i < 16; ++i) {
      const int s = static_cast<int>(static_cast<long>(i) * (endpoints() - 1) / 15);
      search.start(vertex_[static_cast<std::size_t>(s)]);
      for (int d = i % 7; d < endpoints(); d += 7) {
        if (!exchange(s, d) || !one_path(graph, search, s, d)) continue;
        ask(s, d);
        if (reader_.path() != path_) return false;
      }
    }
    return true;
  }

  void ask(int s, int d) {
    const auto& from = *hosts_[static_cast<std::size_t>(s)];
    const auto& to = *hosts_[static_cast<std::size_t>(d)];
    fmt::format_to_n(stage_.source, sizeof stage_.source - 1, "{}{}", from.get_name(), '\0');
    fmt::format_to_n(stage_.destination, sizeof stage_.destination - 1, "{}{}", to.get_name(), '\0');
    reader_.read(from, to, s, d);
  }

  const std::vector<const sg4::Host*>& hosts_;
  int ranks_;
  RouteReader& reader_;
  Stage& stage_;
  bool steps_only_ = true;   // links called so are steps into hosts and nothing else
  std::vector<int> vertex_;  // by endpoint
  std::vector<int> number_;  // by link of the graph
  std::vector<int> path_;
};

LoadedPlatform load(const std::string& file, const std::string& text, int max_ranks, Stage& stage) {
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
    platform.hosts.push_back({host->get_name(), property(*host, "role"), property(*host, "rank"),
                              property(*host, "domain"), property(*host, "host"), property(*host, "passive")});
  }
  platform.ranks = choose_ranks(platform.hosts);
  if (platform.ranks.size() > static_cast<std::size_t>(max_ranks))
    platform.ranks.resize(static_cast<std::size_t>(max_ranks));
  platform.passive = choose_passive(platform.hosts, platform.ranks);
  std::vector<const sg4::Host*> endpoints;
  for (const auto* list : {&platform.ranks, &platform.passive}) {
    for (const int host : *list) endpoints.push_back(hosts[static_cast<std::size_t>(host)]);
  }
  platform.routes = PairRoutes{static_cast<int>(endpoints.size())};
  RouteReader reader{engine, platform};
  AllRoutes{engine, endpoints, static_cast<int>(platform.ranks.size()), reader, stage}.read(text);
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
  const std::string text = read_input(file, most_trace_bytes);
  check_platform_text(text, file);
  const SharedStage shared;
  const Scratch scratch;
  try {
    return network_of(from_bytes(isolated([&](const Progress&) {
      for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
        if (scratch.fd >= 0) dup2(scratch.fd, stream);
      }
      return to_bytes(load(std::filesystem::absolute(file).string(), text, max_ranks, *shared.stage));
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

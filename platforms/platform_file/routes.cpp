// Keeps the routes of a platform file, and carries a loaded platform across the pipe.
// Knows links by number only.

#include <algorithm>
#include <array>

#include "platforms/platform_file/inventory.hpp"
#include "sim/random.hpp"

namespace teapot {

PairRoutes::PairRoutes(int ranks)
    : ranks_(ranks),
      heads_(static_cast<std::size_t>(ranks) * static_cast<std::size_t>(ranks)),
      tails_(static_cast<std::size_t>(ranks) * static_cast<std::size_t>(ranks)),
      recent_(std::size_t{1} << 14) {}

std::uint32_t PairRoutes::half(const std::vector<int>& links, std::size_t first, std::size_t last) {
  if (first == last) return 0;
  std::uint64_t hash = 0;
  for (std::size_t i = first; i < last; ++i) hash = mix(hash + static_cast<std::uint64_t>(links[i]) + 1);
  std::uint32_t& recent = recent_[hash % recent_.size()];  // 0: none
  const auto begin = links.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = links.begin() + static_cast<std::ptrdiff_t>(last);
  if (recent != 0 && std::equal(begin, end, links_.begin() + begin_[recent], links_.begin() + begin_[recent + 1]))
    return recent;
  const std::string key(reinterpret_cast<const char*>(links.data() + first), (last - first) * sizeof(int));
  const auto [entry, added] = known_.try_emplace(key, static_cast<std::uint32_t>(begin_.size() - 1));
  if (added) {
    links_.insert(links_.end(), begin, end);
    begin_.push_back(static_cast<std::uint32_t>(links_.size()));
  }
  return recent = entry->second;
}

void PairRoutes::set(int source, int destination, const std::vector<int>& links) {
  const std::size_t pair =
      static_cast<std::size_t>(source) * static_cast<std::size_t>(ranks_) + static_cast<std::size_t>(destination);
  heads_[pair] = half(links, 0, links.size() / 2);
  tails_[pair] = half(links, links.size() / 2, links.size());
}

void PairRoutes::renumber(const std::vector<int>& numbers) {
  for (auto& link : links_) link = numbers[static_cast<std::size_t>(link)];
  known_.clear();
  recent_.clear();
}

void PairRoutes::links(int source, int destination, std::vector<int>& links) const {
  links.clear();
  const std::size_t pair =
      static_cast<std::size_t>(source) * static_cast<std::size_t>(ranks_) + static_cast<std::size_t>(destination);
  for (const std::uint32_t part : {heads_[pair], tails_[pair]})
    links.insert(links.end(), links_.begin() + begin_[part], links_.begin() + begin_[part + 1]);
}

Route PairRoutes::route(int source, int destination) const {
  Route route;
  if (source == destination) return route;
  const std::size_t pair =
      static_cast<std::size_t>(source) * static_cast<std::size_t>(ranks_) + static_cast<std::size_t>(destination);
  for (const std::uint32_t part : {heads_[pair], tails_[pair]}) {
    for (std::uint32_t i = begin_[part]; i < begin_[part + 1]; ++i) {
      bool again = false;  // files of others may cross a shared bus twice: twice the bytes
      for (auto& hop : route) {
        if (hop.link != links_[i]) continue;
        hop.share += 1;
        again = true;
      }
      if (!again) route.push_back({links_[i], 1});
    }
  }
  return route;
}

void PairRoutes::write(ByteWriter& out) const {
  out.write(ranks_);
  out.write(heads_);
  out.write(tails_);
  out.write(begin_);
  out.write(links_);
}

PairRoutes PairRoutes::read(ByteReader& in) {
  PairRoutes table;
  table.ranks_ = in.read<int>();
  table.heads_ = in.read_vector<std::uint32_t>();
  table.tails_ = in.read_vector<std::uint32_t>();
  table.begin_ = in.read_vector<std::uint32_t>();
  table.links_ = in.read_vector<int>();
  return table;
}

namespace {

auto texts_of(auto& host) {
  return std::array{&host.name, &host.role, &host.rank, &host.domain, &host.host, &host.passive};
}

}  // namespace

std::string to_bytes(const LoadedPlatform& platform) {
  ByteWriter out;
  out.write(platform.name);
  out.write(platform.hosts.size());
  for (const auto& host : platform.hosts) {
    for (const auto* text : texts_of(host)) out.write(*text);
  }
  out.write(platform.links.size());
  for (const auto& link : platform.links) {
    for (const auto* text : {&link.name, &link.tier, &link.from, &link.to}) out.write(*text);
    out.write(link.bandwidth);
    out.write(link.latency);
    out.write(link.only_source);
    out.write(link.only_destination);
  }
  out.write(platform.ranks);
  out.write(platform.passive);
  platform.routes.write(out);
  return out.take();
}

LoadedPlatform from_bytes(const std::string& bytes) {
  ByteReader in{bytes};
  LoadedPlatform platform;
  platform.name = in.read_text();
  platform.hosts.resize(in.read<std::size_t>());
  for (auto& host : platform.hosts) {
    for (auto* text : texts_of(host)) *text = in.read_text();
  }
  platform.links.resize(in.read<std::size_t>());
  for (auto& link : platform.links) {
    for (auto* text : {&link.name, &link.tier, &link.from, &link.to}) *text = in.read_text();
    link.bandwidth = in.read<BytesPerSecond>();
    link.latency = in.read<Seconds>();
    link.only_source = in.read<int>();
    link.only_destination = in.read<int>();
  }
  platform.ranks = in.read_vector<int>();
  platform.passive = in.read_vector<int>();
  platform.routes = PairRoutes::read(in);
  return platform;
}

}  // namespace teapot

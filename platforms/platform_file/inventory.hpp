#pragma once
// What a loaded platform file holds, as plain values, and how it becomes a network.
// Knows no SimGrid: the reader's child process fills these, the parent turns them into a network.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "sim/isolated.hpp"
#include "sim/network.hpp"

namespace teapot {

struct LoadedHost {
  std::string name;
  std::string role;  ///< properties of the same names; empty where there is none
  std::string rank;
  std::string domain;
  std::string host;     ///< of a rank: the number of the passive endpoint that is its own host
  std::string passive;  ///< its number among passive endpoints
};

struct LoadedLink {
  std::string name;
  std::string tier;
  std::string from;  ///< names of nodes; empty in files of others
  std::string to;
  BytesPerSecond bandwidth;
  Seconds latency;
  int only_source = -1;       ///< the one endpoint whose routes start over it; -1: none yet, -2: several
  int only_destination = -1;  ///< likewise for where they end
};

/// Routes of all pairs, each stored as two halves: those of static routings repeat, so a pair takes eight bytes.
class PairRoutes {
 public:
  explicit PairRoutes(int ranks = 0);
  void set(int source, int destination, const std::vector<int>& links);
  /// Gives links new numbers; every link of a route must have one that is not negative.
  void renumber(const std::vector<int>& numbers);
  Route route(int source, int destination) const;
  /// The links of a route one after another, in place of what was in `links`.
  void links(int source, int destination, std::vector<int>& links) const;
  void write(ByteWriter& out) const;
  static PairRoutes read(ByteReader& in);

 private:
  std::uint32_t half(const std::vector<int>& links, std::size_t first, std::size_t last);

  int ranks_ = 0;
  std::vector<std::uint32_t> heads_, tails_;  // [source * ranks + destination]
  std::vector<std::uint32_t> begin_{0, 0};    // of each half in links_; half 0 is empty
  std::vector<int> links_;
  std::unordered_map<std::string, std::uint32_t> known_;  // while it is being filled
  std::vector<std::uint32_t> recent_;                     // likewise: the last one found, by a hash
};

struct LoadedPlatform {
  std::string name;
  std::vector<LoadedHost> hosts;  ///< in natural order of their names: gpu-2 before gpu-10
  std::vector<LoadedLink> links;
  std::vector<int> ranks;    ///< host of each rank
  std::vector<int> passive;  ///< host of each passive endpoint
  PairRoutes routes;         ///< of endpoints: ranks, then passive ones
};

bool natural_less(const std::string& a, const std::string& b);
/// Host of each rank; throws ConfigError where `rank` properties are not 0, 1, 2, ...
std::vector<int> choose_ranks(const std::vector<LoadedHost>& hosts);
/// Host of each passive endpoint, up to the last that some rank calls its own; likewise for `passive` properties.
std::vector<int> choose_passive(const std::vector<LoadedHost>& hosts, const std::vector<int>& ranks);
/// Tier of a link whose file does not say: what its name suggests, else the word it starts with.
std::string guess_tier(const std::string& link_name);

std::string to_bytes(const LoadedPlatform& platform);
LoadedPlatform from_bytes(const std::string& bytes);
Network network_of(LoadedPlatform platform);

}  // namespace teapot

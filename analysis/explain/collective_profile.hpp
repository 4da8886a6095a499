#pragma once
// What a collective would do alone on the network: bytes by link, and how long each rank would wait for its own.
// Knows no timeline but to say which rank entered last.

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "sim/collective_load.hpp"
#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

struct CollectiveProfile {
  std::vector<Bytes> bytes;      ///< by link of the network
  std::vector<Seconds> busy;     ///< by link: time it needs for them, as its wire uses it
  std::vector<Seconds> drain;    ///< by rank: until the slowest link with its own bytes has drained, all entering at 0
  std::vector<int> slowest;      ///< by rank: that link; -1 where it exchanges nothing
  std::vector<Seconds> latency;  ///< by rank: the longest path to it from one of its senders
  /// Bytes of each tier spread evenly over the links of the tier that the collective uses, at line rate; of the slowest
  /// tier. What no routing and no communication library can undercut on these links.
  Seconds ideal;
  Seconds bound;                            ///< the same at the rate that the wire reaches
  std::shared_ptr<const Traffic> received;  ///< row r: for whom r waits
};

/// The profiles of a program's collectives; each distinct exchange is computed once.
class CollectiveProfiles {
 public:
  /// Both arguments must outlive this.
  CollectiveProfiles(const Network& network, const Program& program);

  const CollectiveProfile& of(const Collective& collective);
  const Network& network() const { return network_; }

 private:
  using Key = std::tuple<const Traffic*, bool, double, const Wire*, Collective::Start, Collective::Carry>;

  CollectiveProfile profile(const Collective& collective);
  void add_loads(const Collective& collective, const Traffic& started, CollectiveProfile& p) const;
  void find_slowest(const Collective& collective, const Traffic& started, CollectiveProfile& p) const;
  void find_bounds(CollectiveProfile& p) const;

  const Network& network_;
  RouteTable routes_;
  std::map<Key, CollectiveProfile> profiles_;  // looked up only: its order, which depends on addresses, is never used
  Transposes transposes_;
};

/// For each rank, which of itself and its senders entered the collective `op` last (itself where several did).
std::vector<int> last_to_enter(const Collective& collective, const CollectiveProfile& profile, const Timeline& timeline,
                               int op);

}  // namespace teapot

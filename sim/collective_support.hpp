#pragma once
// What each rank of a collective waits for: which ranks must have entered, which links must have drained, and how long
// the last byte is on its way. Knows no time and no bytes.

#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/recent.hpp"
#include "sim/route_table.hpp"

namespace teapot {

/// Whether a rank is done only when its whole group has entered: it talks to so many others (64 in the mean) that the
/// group stands for the matrix, and is computed once instead of for each layer.
bool waits_by_group(const Traffic& started, Collective::Start start, int ranks);

struct Support {
  /// Ranks that wait for a link, one bit each in 64-bit words: those from `first` on, `count` words from touch[at] on.
  struct Words {
    std::uint32_t first = 0;
    std::uint32_t count = 0;
    std::size_t at = 0;
  };
  std::shared_ptr<const std::vector<Words>> words;  ///< by link: of all matrices where they are the same
  std::vector<std::uint64_t> touch;
  /// By link: the first one that the same ranks wait for, which of several is done last counts alone; empty: not known.
  std::vector<int> like;
  std::vector<int> senders;  ///< by endpoint: how many others must enter before it can be done
  const Words& of_link(int link) const { return (*words)[static_cast<std::size_t>(link)]; }
  bool by_group = false;  ///< senders are all of the group, not only those of the matrix
  /// By what the wire adds (RouteTable::tier_latencies_s): by endpoint; see Supports::latencies.
  std::map<std::vector<double>, std::shared_ptr<const std::vector<double>>> latency_s;
};

class WholeGroups;

/// The supports of the last few matrices: a decode step repeats some (all-reduce, balanced dispatch) in every layer.
class Supports {
 public:
  static constexpr std::size_t usual = 8;

  /// The routes must outlive this. `matrices`: so many at most are kept.
  Supports(const RouteTable& routes, std::size_t links, int ranks, std::size_t matrices = usual);
  ~Supports();

  /// `started`: rows are those who start (started_by in collective_load.hpp).
  std::shared_ptr<Support> of(const std::shared_ptr<const Traffic>& started, Collective::Start start);
  /// By endpoint: the longest path to it from one that it waits for, with what the wire adds.
  std::shared_ptr<const std::vector<double>> latencies(Support& support, const Traffic& started,
                                                       Collective::Start start, const Wire* wire);

 private:
  /// A matrix, or the groups that stand for it; whose coming starts a pair; whether a group stands for its matrix.
  using Key = std::tuple<std::shared_ptr<const void>, Collective::Start, bool>;

  void make_room(const Traffic& started, Collective::Start start, Support& support) const;
  bool by_parts(bool by_group, const Traffic& started) const;
  std::shared_ptr<Support> build(const Traffic& started, Collective::Start start, bool by_group) const;

  const RouteTable& routes_;
  std::size_t links_;
  int ranks_;
  WholeGroups* whole_groups(const Traffic& started, Collective::Start start, bool by_group);

  Recent<Key, std::shared_ptr<Support>> cached_;
  std::vector<std::unique_ptr<WholeGroups>> wholes_;
};

}  // namespace teapot

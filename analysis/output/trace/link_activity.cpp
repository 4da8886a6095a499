// Each link as a queue that is served at rate one: ranks that enter a collective add seconds of work.
// Does not know what the collectives are for.

#include "analysis/output/trace/link_activity.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace teapot {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// The wanted links of each pair's route, as flat arrays.
struct WantedHops {
  std::vector<std::size_t> begin;  // [source * ranks + destination]
  std::vector<Hop> hops;

  WantedHops(const Network& network, int ranks, const std::vector<char>& wanted) {
    begin.reserve(at(ranks) * at(ranks) + 1);
    begin.push_back(0);
    for (int s = 0; s < ranks; ++s) {
      for (int d = 0; d < ranks; ++d) {
        if (s != d) {
          for (const Hop& hop : network.route(s, d)) {
            if (wanted[at(hop.link)]) hops.push_back(hop);
          }
        }
        begin.push_back(hops.size());
      }
    }
  }
};

/// What one copy keeps each link busy, by kind of collective.
class CopyTimes {
 public:
  explicit CopyTimes(const Network& network) : network_(network) {}

  const std::vector<double>& of(const Collective& collective) {
    auto& times = known_[{collective.wire.get(), collective.bytes_per_copy.value}];
    if (!times.empty()) return times;
    for (const Link& link : network_.links) {
      Wire::Use use;
      if (collective.wire) {
        const auto found = collective.wire->tiers.find(link.tier);
        if (found != collective.wire->tiers.end()) use = found->second;
      }
      times.push_back((collective.bytes_per_copy / (link.bandwidth * use.efficiency) + use.per_message).value);
    }
    return times;
  }

 private:
  const Network& network_;
  std::map<std::pair<const Wire*, double>, std::vector<double>> known_;
};

/// Who sends in a collective; transposed matrices of the last few are kept, since micro-batches alternate.
class Senders {
 public:
  const Traffic& of(const Collective& collective) {
    if (!collective.reversed) return *collective.traffic;
    for (const auto& [traffic, turned] : kept_) {
      if (traffic == collective.traffic.get()) return *turned;
    }
    if (kept_.size() == 8) kept_.erase(kept_.begin());
    kept_.emplace_back(collective.traffic.get(), std::make_unique<Traffic>(transposed(*collective.traffic)));
    return *kept_.back().second;
  }

 private:
  std::vector<std::pair<const Traffic*, std::unique_ptr<Traffic>>> kept_;
};

struct Entry {
  double time_s;
  int op;
  int rank;
};

std::vector<Entry> entries_of(const Program& program, const Timeline& timeline) {
  std::vector<Entry> entries;
  for (int op = 0; op < timeline.operators; ++op) {
    const auto* collective = std::get_if<Collective>(&program.operators[at(op)].work);
    if (collective == nullptr) continue;
    for (int rank = 0; rank < timeline.ranks; ++rank) {
      if (timeline.ran(op, rank))
        entries.push_back({timeline.start(op, rank).value + collective->overhead.value, op, rank});
    }
  }
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.time_s < b.time_s; });
  return entries;
}

// Work that arrives less than this after a link ran dry finds it still busy: rounding of times of a few seconds.
constexpr double same_time_s = 1e-13;

}  // namespace

std::vector<std::vector<BusyInterval>> link_activity(const Program& program, const Timeline& timeline,
                                                     const Network& network, const std::vector<char>& wanted) {
  const WantedHops wanted_hops{network, timeline.ranks, wanted};
  CopyTimes copy_times{network};
  Senders senders;
  std::vector<std::vector<BusyInterval>> activity(network.links.size());
  for (const Entry& entry : entries_of(program, timeline)) {
    const auto& collective = std::get<Collective>(program.operators[at(entry.op)].work);
    const auto& seconds_per_copy = copy_times.of(collective);
    const std::size_t* row = wanted_hops.begin.data() + at(entry.rank) * at(timeline.ranks);
    senders.of(collective).for_each_receiver(entry.rank, [&](int destination, double copies) {
      for (std::size_t i = row[destination]; i < row[destination + 1]; ++i) {
        const Hop& hop = wanted_hops.hops[i];
        auto& busy = activity[at(hop.link)];
        if (busy.empty() || busy.back().end_s + same_time_s < entry.time_s)
          busy.push_back({entry.time_s, entry.time_s});
        busy.back().end_s += copies * hop.share * seconds_per_copy[at(hop.link)];
      }
    });
  }
  return activity;
}

}  // namespace teapot

// Maps the links of one rank's routes onto another's.
// Does not know what it is good for.

#include "platforms/platform_file/alike_ranks.hpp"

#include <algorithm>

#include "sim/alike_routes.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

/// The links of a first rank's routes as those of another one.
struct LinkMap {
  std::vector<int> image, origin;  // by link; -1: not met
  std::vector<int> met;            // of the first rank
  std::vector<int> apart;          // of these, those that are others here; in order once complete
  explicit LinkMap(std::size_t links) : image(links, -1), origin(links, -1) {}

  void clear() {
    for (const int link : met) {
      origin[at(image[at(link)])] = -1;
      image[at(link)] = -1;
    }
    met.clear();
    apart.clear();
  }

  /// Whether `other` can stand in place of the link, as wherever they were met before.
  bool take(const std::vector<Link>& links, int link, int other) {
    if (image[at(link)] >= 0) return image[at(link)] == other;
    const Link& a = links[at(link)];
    const Link& b = links[at(other)];
    const bool same = a.bandwidth == b.bandwidth && a.latency == b.latency && a.tier == b.tier && a.stops == b.stops;
    if (origin[at(other)] >= 0 || !same) return false;
    met.push_back(link);
    image[at(link)] = other;
    origin[at(other)] = link;
    if (link != other) apart.push_back(link);
    return true;
  }
  /// A link of the other as the first one's, or itself where none of its own stands there; -1: neither can be.
  int back(int link) const {
    if (origin[at(link)] >= 0) return origin[at(link)];
    return std::binary_search(apart.begin(), apart.end(), link) ? -1 : link;
  }
};

/// Ranks that are alike: the links in which the second differs from the first are those in which all others do.
struct Alike {
  int first;
  int second = -1;  // the first one that is not at home with it
  LinkMap of_second{0};
};

class AlikeFinder {
 public:
  AlikeFinder(const Network& network, const PairRoutes& routes)
      : network_(network), routes_(routes), map_(network.links.size()) {}

  std::vector<int> find() {
    std::vector<int> numbers;
    for (int rank = 0; rank < network_.ranks(); ++rank) {
      int number = 0;
      while (at(number) < known_.size() && !joins(rank, known_[at(number)])) ++number;
      if (at(number) == known_.size()) known_.push_back({rank});
      numbers.push_back(number);
      if (hops_ > most_hops()) return {};
    }
    return numbers;
  }

 private:
  /// Each rank is compared with one that is like it in all routes, and with others until the first that differs.
  std::size_t most_hops() const { return 16 * at(network_.ranks()) * at(network_.ranks()); }

  bool joins(int rank, Alike& alike) {
    const Home home = home_of(network_, network_.ranks(), alike.first);
    const Home own = home_of(network_, network_.ranks(), rank);
    const bool is_second = alike.second < 0;
    if (is_second && (own.holds(alike.first) || home.holds(rank))) return false;
    map_.clear();
    // Neighbours first: they are near one and far from the other where the two are not alike.
    for (const int d : {home.first - 1, home.last + 1, own.first - 1, own.last + 1}) {
      if (d >= 0 && d < network_.ranks() && !goes(rank, d, own, home, alike)) return false;
    }
    for (int d = 0; d < network_.ranks(); ++d) {
      if (!goes(rank, d, own, home, alike)) return false;
    }
    std::sort(map_.apart.begin(), map_.apart.end());
    if (is_second) {
      alike.second = rank;
      alike.of_second = map_;
      return true;
    }
    return map_.apart == alike.of_second.apart && goes_home(rank, own, home, alike);
  }

  /// Whether the rank reaches one that is at home with neither as the first does.
  bool goes(int rank, int destination, const Home& own, const Home& home, const Alike& alike) {
    if (home.holds(destination) || own.holds(destination)) return true;
    read(alike.first, rank, destination);
    if (one_.size() != other_.size()) return false;
    for (std::size_t i = 0; i < one_.size(); ++i) {
      if (!map_.take(network_.links, one_[i], other_[i])) return false;
    }
    return true;
  }

  /// Whether the rank reaches those at home with the first as the second does.
  bool goes_home(int rank, const Home& own, const Home& home, const Alike& alike) {
    for (int d = home.first; d <= home.last; ++d) {
      if (own.holds(d)) continue;
      read(alike.second, rank, d);
      if (one_.size() != other_.size()) return false;
      for (std::size_t i = 0; i < one_.size(); ++i) {
        const int link = alike.of_second.back(one_[i]);
        if (link < 0 || link != map_.back(other_[i])) return false;
      }
    }
    return true;
  }

  void read(int one, int other, int destination) {
    routes_.links(one, destination, one_);
    routes_.links(other, destination, other_);
    hops_ += one_.size() + 1;
  }

  const Network& network_;
  const PairRoutes& routes_;
  std::vector<Alike> known_;
  LinkMap map_;  // of the rank at hand
  std::vector<int> one_, other_;
  std::size_t hops_ = 0;
};

}  // namespace

std::vector<int> alike_ranks(const Network& network, const PairRoutes& routes) {
  return AlikeFinder{network, routes}.find();
}

}  // namespace teapot

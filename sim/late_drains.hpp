#pragma once
// When links are done with a collective: the last of them, from late to early, since few decide when a rank is done.
// Knows no rank.

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

namespace teapot {

class LateDrains {
 public:
  struct Drain {
    double time;
    int link;
    bool operator<(const Drain& other) const { return time != other.time ? time < other.time : link > other.link; }
  };

  explicit LateDrains(std::size_t links) : place_of_(links) {}

  /// Forgets all. At least the `most` last of those from `cutoff` on that are added from now on will be there.
  void begin(std::size_t most, double cutoff = -std::numeric_limits<double>::infinity()) {
    drains_.clear();
    most_ = most;
    cutoff_ = cutoff;
    dropped_ = false;
  }
  /// Whether one at this time might be among them; if not, it counts as dropped.
  bool wanted(double time) {
    dropped_ = dropped_ || time < cutoff_;
    return time >= cutoff_;
  }
  /// Of a link the last time counts.
  void add(double time, int link) {
    std::size_t& place = place_of_[static_cast<std::size_t>(link)];  // of an earlier drain, unless that says so itself
    if (place < drains_.size() && drains_[place].link == link) {
      drains_[place].time = std::max(drains_[place].time, time);
      return;
    }
    if (drains_.size() / 2 >= most_) cut();
    place = drains_.size();
    drains_.push_back({time, link});
  }
  /// Ends adding.
  void sort() { std::make_heap(drains_.begin(), drains_.end()); }
  /// Whether some have been left out, at the cutoff or before it.
  bool dropped() const { return dropped_; }
  double cutoff() const { return cutoff_; }
  bool empty() const { return drains_.empty(); }
  const Drain& last() const { return drains_.front(); }
  Drain take_last() {
    std::pop_heap(drains_.begin(), drains_.end());
    const Drain last = drains_.back();
    drains_.pop_back();
    return last;
  }

 private:
  void cut() {
    const auto beyond = drains_.begin() + static_cast<std::ptrdiff_t>(most_);
    std::nth_element(drains_.begin(), beyond - 1, drains_.end(), [](const Drain& a, const Drain& b) { return b < a; });
    cutoff_ = (beyond - 1)->time;
    drains_.erase(beyond, drains_.end());
    dropped_ = true;
    for (std::size_t i = 0; i < drains_.size(); ++i) place_of_[static_cast<std::size_t>(drains_[i].link)] = i;
  }

  std::vector<Drain> drains_;
  std::vector<std::size_t> place_of_;  // by link
  std::size_t most_ = 0;
  double cutoff_ = 0;
  bool dropped_ = false;
};

}  // namespace teapot

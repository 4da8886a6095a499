// Fills links until senders stop, again and again as some are done.
// Does not know what is sent.

#include "sim/fixed_mix.hpp"

#include <algorithm>
#include <limits>

#include "sim/index.hpp"

namespace teapot {
namespace {

// Senders that are done within so much of the time passed are done together, with the last of them: a few dozen steps
// for thousands of senders, and an end that is late by less than this.
constexpr double done_together = 0.01;
constexpr double no_time = 1e-9;  // of a link's time

class Shares {
 public:
  Shares(const FixedMix& senders, std::size_t links)
      : senders_(senders), asked_(links), room_(links), fair_(links), full_(links), rate_(senders.work_s.size()) {}

  /// Of these senders, 1 being full speed.
  const std::vector<double>& among(const std::vector<int>& sending) {
    ask(sending);
    std::vector<int> open = sending;
    double level = 0;
    while (!open.empty()) {
      level = highest(level);
      const auto going = std::partition(open.begin(), open.end(), [&](int s) { return level < 1 && !stopped(s); });
      const auto stop = going == open.end() ? open.begin() : going;  // rounding left a link that nobody uses
      for (auto s = stop; s != open.end(); ++s) take(*s, level);
      open.erase(stop, open.end());
    }
    return rate_;
  }

 private:
  void ask(const std::vector<int>& sending) {
    std::fill(asked_.begin(), asked_.end(), 0.0);
    used_.clear();
    for (const int s : sending) {
      for (const auto& [link, part] : senders_.parts[at(s)]) {
        if (asked_[at(link)] == 0) used_.push_back(link);
        asked_[at(link)] += part;
        room_[at(link)] = 1;
      }
    }
  }
  /// The speed that all who are still open can have, which is not below what others have got; marks the links that
  /// allow no more.
  double highest(double before) {
    double level = 1;
    for (const int link : used_) {
      double& fair = fair_[at(link)];
      fair = asked_[at(link)] > no_time ? std::max(0.0, room_[at(link)]) / asked_[at(link)] : 2;
      level = std::min(level, fair);
    }
    level = std::max(level, before);
    for (const int link : used_) full_[at(link)] = fair_[at(link)] <= level * (1 + no_time) ? 1 : 0;
    return level;
  }
  bool stopped(int sender) const {
    const auto& parts = senders_.parts[at(sender)];
    return std::any_of(parts.begin(), parts.end(), [&](const FixedMix::OnLink& on) { return full_[at(on.link)] != 0; });
  }
  void take(int sender, double level) {
    rate_[at(sender)] = level;
    for (const auto& [link, part] : senders_.parts[at(sender)]) {
      room_[at(link)] -= part * level;
      asked_[at(link)] -= part;
    }
  }

  const FixedMix& senders_;
  std::vector<double> asked_, room_, fair_;  // by link: by those who are open, for them, and for each of them
  std::vector<char> full_;                   // by link
  std::vector<int> used_;
  std::vector<double> rate_;
};

}  // namespace

double end_of(FixedMix senders, std::size_t links) {
  Shares shares{senders, links};
  std::vector<int> sending;
  for (std::size_t s = 0; s < senders.work_s.size(); ++s) {
    if (senders.work_s[s] > 0) sending.push_back(static_cast<int>(s));
  }
  double now = 0;
  while (!sending.empty()) {
    const std::vector<double>& rate = shares.among(sending);
    const auto left_s = [&](int s) { return senders.work_s[at(s)] / rate[at(s)]; };
    double first = std::numeric_limits<double>::infinity();
    for (const int s : sending) first = std::min(first, left_s(s));
    const double latest = first + done_together * (now + first);
    double step = first;
    for (const int s : sending) step = left_s(s) <= latest ? std::max(step, left_s(s)) : step;
    std::erase_if(sending, [&](int s) {
      if (left_s(s) <= latest) return true;
      senders.work_s[at(s)] -= rate[at(s)] * step;
      return false;
    });
    now += step;
  }
  return now;
}

}  // namespace teapot

// Caches in the order in which they leave.
// Knows no network and no request.

#include "workloads/serving/cache_senders.hpp"

#include <algorithm>

namespace teapot {

/// Part of what a group has to send that is left when its step ends. Parts are computed in equal times: the last one is
/// left at least, and what did not fit into the time since the first one was there.
double CacheSenders::left(double seconds, double step_s) const {
  if (parts_ == 1 || seconds <= 0) return 1;
  const double part = 1.0 / parts_;
  return std::max(part, 1 - (1 - part) * step_s / seconds);
}

std::vector<CacheSenders::Sent> CacheSenders::send(const std::vector<Cache>& caches, double step_s, double now) {
  std::vector<double> of_group(free_s_.size(), 0);
  for (const Cache& cache : caches) of_group[static_cast<std::size_t>(cache.group)] += cache.seconds;
  std::vector<Sent> sent;
  for (const Cache& cache : caches) {
    const auto group = static_cast<std::size_t>(cache.group);
    const double begin = std::max(now, free_s_[group]);
    free_s_[group] = begin + cache.seconds * left(of_group[group], step_s);
    sent.push_back({cache.request, cache.tokens, free_s_[group], begin - now});
  }
  return sent;
}

}  // namespace teapot

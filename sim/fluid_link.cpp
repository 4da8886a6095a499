// Weighted processor sharing with strict priorities, event by event.
// Does not know what the bytes are for.

#include "sim/fluid_link.hpp"

#include <algorithm>
#include <limits>

namespace teapot {

bool FluidLink::add_second(const Bucket& more) {
  several_ = {only_, more};
  only_ = {-1, 0, 1, 0};
  return true;
}

bool FluidLink::add_shared(const Bucket& more) {
  for (Bucket& bucket : several_) {
    if (bucket.transfer != more.transfer) continue;
    bucket.remaining_s += more.remaining_s;
    return false;
  }
  several_.push_back(more);
  return true;
}

void FluidLink::drain_shared(double left) {
  if (several_.size() == 1) {
    several_[0].remaining_s -= left;
    if (several_[0].remaining_s <= same_time_s) several_.clear();
    return;
  }
  while (left > 0 && !several_.empty()) {
    int priority = several_[0].priority;
    for (const Bucket& bucket : several_) priority = std::max(priority, bucket.priority);
    double weight = 0;
    for (const Bucket& bucket : several_) weight += bucket.priority == priority ? bucket.weight : 0;
    double first = std::numeric_limits<double>::infinity();  // until the first bucket is empty
    for (const Bucket& bucket : several_) {
      if (bucket.priority == priority) first = std::min(first, bucket.remaining_s * (weight / bucket.weight));
    }
    const double step = std::min(first, left);
    for (Bucket& bucket : several_) {
      if (bucket.priority == priority) bucket.remaining_s -= step * (bucket.weight / weight);
    }
    std::erase_if(several_, [](const Bucket& bucket) { return bucket.remaining_s <= same_time_s; });
    left -= step;
  }
}

double FluidLink::drained_at(int transfer) const {
  if (several_.empty()) return only_.transfer == transfer && transfer >= 0 ? updated_ + only_.remaining_s : -1;
  const auto own =
      std::find_if(several_.begin(), several_.end(), [&](const Bucket& bucket) { return bucket.transfer == transfer; });
  if (own == several_.end()) return -1;
  // Others progress at their share until they are empty; what counts is how far they get before this one ends.
  const double level = own->remaining_s / own->weight;
  double work = 0;
  for (const Bucket& bucket : several_) {
    if (bucket.priority > own->priority) work += bucket.remaining_s;
    if (bucket.priority == own->priority) work += std::min(bucket.remaining_s, level * bucket.weight);
  }
  return updated_ + work;
}

}  // namespace teapot

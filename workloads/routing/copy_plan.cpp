// Sorts where copies go.
// Does not know who sends.

#include "workloads/routing/copy_plan.hpp"

namespace teapot {

CopyPlan::CopyPlan(const std::vector<Aim>& aims, std::size_t gpus) : aims_(aims.size()) {
  std::vector<std::uint32_t> next(gpus + 1);
  for (const Aim& aim : aims) ++next[aim.to + 1];
  for (std::size_t to = 0; to < gpus; ++to) {
    next[to + 1] += next[to];
    if (next[to + 1] > next[to]) receivers_.push_back({static_cast<std::uint32_t>(to), next[to], next[to + 1]});
  }
  for (const Aim& aim : aims) aims_[next[aim.to]++] = aim;
}

}  // namespace teapot

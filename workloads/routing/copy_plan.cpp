// Sorts where copies go.
// Does not know who sends.

#include "workloads/routing/copy_plan.hpp"

#include <map>
#include <utility>

#include "sim/wide.hpp"
#include "workloads/routing/sender_slots.hpp"
#include "workloads/routing/traffic.hpp"

namespace teapot {
namespace {

/// Of all experts, for the sender at hand.
std::vector<CopyPlan::Aim> aims_of(const SenderSlots& slots, std::size_t experts, std::size_t gpus_per_rank) {
  std::vector<CopyPlan::Aim> aims;
  for (std::uint32_t expert = 0; expert < experts; ++expert) {
    const int slot = slots.slot(expert);
    for (std::size_t part = 0; part < gpus_per_rank; ++part) {
      const std::size_t to = slots.receiver(slot) + part;
      aims.push_back({static_cast<std::uint32_t>(to), expert, static_cast<std::uint32_t>(slots.place(slot, to))});
    }
  }
  return aims;
}

TEAPOT_WIDE void add_widened(std::size_t size, const std::uint16_t* more, std::uint32_t* counts) {
  for (std::size_t i = 0; i < size; ++i) counts[i] += more[i];
}

}  // namespace

CopyPlan::CopyPlan(const std::vector<Aim>& aims, std::size_t gpus) : aims_(aims.size()) {
  std::vector<std::uint32_t> next(gpus + 1);
  for (const Aim& aim : aims) ++next[aim.to + 1];
  for (std::size_t to = 0; to < gpus; ++to) {
    next[to + 1] += next[to];
    if (next[to + 1] > next[to]) receivers_.push_back({static_cast<std::uint32_t>(to), next[to], next[to + 1]});
  }
  for (const Aim& aim : aims) aims_[next[aim.to]++] = aim;
  in_row_of_ = row_length();
}

/// 0 where receivers differ, or experts or places do not follow one another.
std::uint32_t CopyPlan::row_length() const {
  if (receivers_.empty()) return 0;
  const std::uint32_t length = receivers_.front().end;
  for (const Receiver& receiver : receivers_) {
    if (receiver.end - receiver.begin != length) return 0;
  }
  for (std::uint32_t a = 0; a < aims_.size(); ++a) {
    if (aims_[a].expert != aims_.front().expert + a || aims_[a].place != aims_.front().place + a) return 0;
  }
  return length;
}

/// Of experts and places that follow one another.
void CopyPlan::count_in_row(std::uint32_t sender, const std::uint16_t* choices, std::uint16_t* copies,
                            std::uint32_t* arrived) const {
  choices += aims_.front().expert;
  add_widened(aims_.size(), choices, arrived + aims_.front().place);
  for (const Receiver& receiver : receivers_) {
    std::uint32_t sum = 0;
    for (std::uint32_t i = 0; i < in_row_of_; ++i) sum += *choices++;
    *copies++ = receiver.to == sender ? 0 : static_cast<std::uint16_t>(sum);
  }
}

std::vector<int> CopyPlan::receivers() const {
  std::vector<int> receivers;
  for (const Receiver& receiver : receivers_) receivers.push_back(static_cast<int>(receiver.to));
  return receivers;
}

CopyPlans::CopyPlans(const ExchangeLayout& layout, const Placement& placement) {
  SenderSlots slots{placement, layout.gpus_per_rank};
  std::map<std::vector<std::uint32_t>, std::size_t> of_turn;
  std::map<std::pair<int, std::size_t>, std::size_t> of_group;  // lists of columns, by first GPU and plan
  std::vector<std::vector<int>> lists;
  std::vector<std::size_t> list_of_row;
  for (int gpu = 0; gpu < layout.gpus; ++gpu) {
    const int first = layout.first_of_group(gpu);
    slots.turn_to(static_cast<std::uint32_t>(gpu - first));
    const auto [plan, is_new] = of_turn.try_emplace(slots.turn(), plans.size());
    if (is_new) {
      plans.emplace_back(aims_of(slots, placement.slots.size(), static_cast<std::size_t>(layout.gpus_per_rank)),
                         static_cast<std::size_t>(layout.group_gpus));
    }
    plan_of.push_back(plan->second);
    const auto [list, is_new_list] = of_group.try_emplace({first, plan->second}, lists.size());
    if (is_new_list) {
      lists.push_back(plans[plan->second].receivers());
      for (int& to : lists.back()) to += first;
    }
    list_of_row.push_back(list->second);
  }
  shape = std::make_shared<const TrafficShape>(std::move(lists), std::move(list_of_row));
}

}  // namespace teapot

// Counting the copies of sampled tokens into a sparse matrix.
// Knows no links and no time.

#include "workloads/routing/traffic.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "workloads/routing/copy_plan.hpp"
#include "workloads/routing/sender_slots.hpp"

namespace teapot {
namespace {

/// Tokens drawn, for how many each of them stands, and those left over, which stand for themselves.
struct Drawn {
  int tokens = 0;
  int each = 1;
  int rest = 0;
};

Drawn drawn_of(int tokens) {
  const int each = std::max(1, (tokens + most_drawn - 1) / most_drawn);
  return {tokens / each, each, tokens % each};
}

/// Counts the copies of one gate, sender after sender.
class CopyCounter {
 public:
  CopyCounter(const ExchangeLayout& layout, const Chooser& chooser, const Placement& placement, const Routing& routing)
      : layout_(layout),
        chooser_(chooser),
        placement_(placement),
        routing_(routing),
        slots_(placement, layout.gpus_per_rank),
        traffic_(layout.gpus) {
    const auto gpus = static_cast<std::size_t>(layout.gpus);
    to_.resize(static_cast<std::size_t>(layout.group_gpus));
    touched_.resize((to_.size() + 63) / 64);
    experts_.resize(static_cast<std::size_t>(chooser.gate().experts));
    arrived_.resize(gpus * static_cast<std::size_t>(placement.slots_per_rank));
    traffic_.groups = layout.groups;
    if (per_node()) {
      for (const auto& mates : layout.members) widest_ = std::max(widest_, mates.size());
      forwarded_.resize(gpus * widest_);
      seen_node_.resize(layout.members.size());
    } else {
      traffic_.reserve(gpus * std::min(to_.size(), experts_.size() + 1));
    }
  }

  Exchange count(const std::vector<int>& tokens, const GateSeed& seed) {
    std::vector<std::vector<std::uint32_t>> own;  // per node: kept until all that is forwarded is known
    for (int gpu = 0; gpu < layout_.gpus; ++gpu) {
      const int n = tokens[tokens.size() == 1 ? 0 : static_cast<std::size_t>(gpu)];
      turn_to(gpu);
      const Drawn drawn = drawn_of(n);
      each_ = static_cast<std::uint32_t>(drawn.each);
      draw(gpu, drawn.tokens, Random{seed.seed, seed.layer, seed.micro_batch, gpu});
      if (drawn.rest > 0) {
        each_ = 1;
        draw(gpu, drawn.rest, Random{seed.seed, seed.layer, seed.micro_batch, gpu, drawn.each});
      }
      if (routing_.per == CopyPer::expert && routing_.shared_copies) count_shared(gpu, n);
      if (routing_.remote_all) spread_own(gpu);
      if (per_node()) {
        own.push_back(to_);
        std::fill(to_.begin(), to_.end(), 0U);
      } else {
        append(gpu);
      }
    }
    for (int gpu = 0; per_node() && gpu < layout_.gpus; ++gpu) {
      to_ = std::move(own[static_cast<std::size_t>(gpu)]);
      for (std::size_t to = 0; to < to_.size(); ++to) send(to, 0);
      add_forwarded(gpu);
      append(gpu);
    }
    traffic_.tokens = layout_.mean(tokens);
    traffic_.shrink_to_fit();
    return {std::make_shared<const Traffic>(std::move(traffic_)), std::move(arrived_)};
  }

 private:
  bool per_node() const { return routing_.per == CopyPer::node; }
  void turn_to(int gpu) { slots_.turn_to(layout_.index(gpu)); }
  void arrive(int gpu, int slot, std::uint32_t tokens) {
    const std::size_t first = static_cast<std::size_t>(layout_.first_of_group(gpu)) + slots_.receiver(slot);
    for (std::size_t part = 0; part < static_cast<std::size_t>(layout_.gpus_per_rank); ++part) {
      arrived_[slots_.place(slot, first + part)] += tokens;
    }
  }

  void draw(int gpu, int tokens, const Random& random) {
    if (routing_.per == CopyPer::expert) {
      count_for_each_expert(gpu, tokens, random);
    } else {
      count_each_token(gpu, tokens, random);
    }
  }

  /// One copy for each chosen expert: it is enough to count how often each expert was chosen.
  void count_for_each_expert(int gpu, int tokens, Random random) {
    count_choices(tokens, random);
    for (std::size_t expert = 0; expert < experts_.size(); ++expert) {
      if (experts_[expert] == 0) continue;
      const int slot = slots_.slot(expert);
      arrive(gpu, slot, experts_[expert] * each_);
      for (int part = 0; part < layout_.gpus_per_rank; ++part) {
        send(slots_.receiver(slot) + static_cast<std::size_t>(part), experts_[expert] * each_);
      }
    }
  }
  void count_choices(int tokens, Random random) {
    std::fill(experts_.begin(), experts_.end(), 0U);
    chooser_.count(random, tokens, experts_.data());
  }

  /// One copy for each distinct GPU, or for each distinct node and from there for each distinct GPU.
  void count_each_token(int gpu, int tokens, Random random) {
    seen_gpu_.assign(to_.size(), -1);
    std::fill(seen_node_.begin(), seen_node_.end(), -1);
    std::fill(experts_.begin(), experts_.end(), 0U);
    look_around(gpu);
    int token = -1;
    chooser_.each_token(random, tokens, [&, k = chooser_.gate().top_k](const std::uint16_t* chosen) {
      ++token;
      for (int i = 0; i < k; ++i) {
        experts_[chosen[i]] += each_;
        const std::size_t to = first_of_expert_[chosen[i]];
        for (int part = 0; part < layout_.gpus_per_rank; ++part) deliver(token, to + static_cast<std::size_t>(part));
      }
      if (routing_.shared_copies) deliver(token, shared_receiver(gpu, token));
    });
    for (std::size_t expert = 0; expert < experts_.size(); ++expert) {
      if (experts_[expert] != 0) arrive(gpu, slots_.slot(expert), experts_[expert]);
    }
    mark_receivers();
  }

  /// What all tokens of a sender have in common: where each expert is, and who takes copies for each node.
  void look_around(int gpu) {
    first_ = static_cast<std::size_t>(layout_.first_of_group(gpu));
    first_of_expert_.resize(experts_.size());
    for (std::size_t e = 0; e < experts_.size(); ++e) first_of_expert_[e] = slots_.receiver(slots_.slot(e));
    if (!per_node()) return;
    own_node_ = layout_.node[static_cast<std::size_t>(gpu)];
    relay_.resize(layout_.members.size());
    // The nodes of a group are numbered in a row.
    for (auto node = static_cast<std::size_t>(layout_.node[first_]); node < relay_.size(); ++node) {
      if (static_cast<std::size_t>(layout_.members[node].front()) >= first_ + to_.size()) break;
      relay_[node] = static_cast<std::size_t>(layout_.relay(gpu, static_cast<int>(node)));
    }
  }

  /// Adds zeros and ones rather than branch on what is as good as random; `mark_receivers` says where it may have
  /// added.
  void deliver(int token, std::size_t to) {
    const std::uint32_t fresh = std::exchange(seen_gpu_[to], token) != token ? each_ : 0;
    if (!per_node()) {
      to_[to] += fresh;
      return;
    }
    const std::size_t target = first_ + to;
    const int node = layout_.node[target];
    const std::size_t relay = relay_[static_cast<std::size_t>(node)];
    const std::uint32_t far = node != own_node_ ? fresh : 0;
    to_[to] += fresh - far;
    to_[relay - first_] += std::exchange(seen_node_[static_cast<std::size_t>(node)], token) != token ? far : 0;
    forwarded_[relay * widest_ + static_cast<std::size_t>(layout_.position[target])] += relay != target ? far : 0;
  }

  void mark_receivers() {
    const auto mark = [&](std::size_t to) {
      touched_[to / 64] |= std::uint64_t{1} << to % 64;
      if (!per_node()) return;
      const std::size_t relay = relay_[static_cast<std::size_t>(layout_.node[first_ + to])] - first_;
      touched_[relay / 64] |= std::uint64_t{1} << relay % 64;
    };
    for (std::size_t expert = 0; expert < experts_.size(); ++expert) {
      if (experts_[expert] == 0) continue;
      for (int part = 0; part < layout_.gpus_per_rank; ++part) {
        mark(first_of_expert_[expert] + static_cast<std::size_t>(part));
      }
    }
    for (std::size_t to = 0; routing_.shared_copies && to < to_.size(); ++to) mark(to);
  }

  /// The copies that travel to shared experts are spread evenly over the EP group.
  std::size_t shared_receiver(int gpu, int token) const {
    return (layout_.index(gpu) + 1 + static_cast<std::size_t>(token)) % to_.size();
  }
  void count_shared(int gpu, int tokens) {
    for (int token = 0; token < tokens; ++token) send(shared_receiver(gpu, token), 1);
  }

  /// Sends what would stay to the others in turn.
  void spread_own(int gpu) {
    const std::size_t n = to_.size();
    const auto own = static_cast<std::size_t>(gpu - layout_.first_of_group(gpu));
    const auto stays = std::exchange(to_[own], 0U);
    for (std::size_t i = 0; n > 1 && i < stays; ++i) send((own + 1 + i % (n - 1)) % n, 1);
  }

  void add_forwarded(int gpu) {
    if (layout_.node[static_cast<std::size_t>(gpu)] < 0) return;
    const auto& mates = layout_.members[static_cast<std::size_t>(layout_.node[static_cast<std::size_t>(gpu)])];
    for (std::size_t i = 0; i < mates.size(); ++i) {
      send(static_cast<std::size_t>(mates[i] - layout_.first_of_group(gpu)),
           forwarded_[static_cast<std::size_t>(gpu) * widest_ + i]);
    }
  }

  void send(std::size_t to, std::uint32_t copies) {
    to_[to] += copies;
    touched_[to / 64] |= std::uint64_t{1} << to % 64;
  }

  /// Ends the row of the sender at hand and leaves nothing of it.
  void append(int gpu) {
    const auto first = static_cast<std::size_t>(layout_.first_of_group(gpu));
    for (std::size_t word = 0; word < touched_.size(); ++word) {
      for (std::uint64_t bits = std::exchange(touched_[word], 0U); bits != 0; bits &= bits - 1) {
        const std::size_t to = 64 * word + static_cast<std::size_t>(std::countr_zero(bits));
        const std::uint32_t copies = std::exchange(to_[to], 0U);
        if (copies == 0 || first + to == static_cast<std::size_t>(gpu)) continue;
        traffic_.add_count(static_cast<int>(first + to), copies);
      }
    }
    traffic_.end_row();
  }

  const ExchangeLayout& layout_;
  const Chooser& chooser_;
  const Placement& placement_;
  const Routing& routing_;
  SenderSlots slots_;
  Traffic traffic_;
  std::vector<std::uint32_t> to_;         // of the sender at hand, by GPU of its EP group
  std::vector<std::uint64_t> touched_;    // a bit for each GPU that may have some
  std::vector<std::uint32_t> forwarded_;  // [relay * widest node + position of the receiver]
  std::vector<std::uint32_t> experts_;    // of the sender at hand: how often each expert was chosen
  std::vector<std::uint32_t> arrived_;    // [gpu * slots_per_rank + slot]
  std::vector<int> seen_gpu_;             // the last token delivered there
  std::vector<int> seen_node_;
  std::uint32_t each_ = 1;                    // tokens that each drawn one stands for
  std::size_t first_ = 0;                     // GPU of the sender's group
  int own_node_ = 0;                          // of the sender
  std::vector<std::size_t> first_of_expert_;  // for the sender: its first GPU, counted within the group
  std::vector<std::size_t> relay_;            // for the sender, by node of its group
  std::size_t widest_ = 0;
};

/// The same where copies go by plan.
Exchange counted_by_plan(const ExchangeLayout& layout, const Chooser& chooser, const CopyPlans& plans, int slots,
                         const std::vector<int>& tokens, const GateSeed& seed, GateChoices* known) {
  std::vector<std::uint16_t> copies(plans.shape->places());
  std::vector<std::uint32_t> arrived(static_cast<std::size_t>(layout.gpus) * static_cast<std::size_t>(slots));
  std::vector<std::uint16_t> chosen(static_cast<std::size_t>(chooser.gate().experts));
  const auto draw = [&](int gpu, int n) {
    std::fill(chosen.begin(), chosen.end(), std::uint16_t{0});
    Random random{seed.seed, seed.layer, seed.micro_batch, gpu};
    chooser.count_next(random, n, chosen.data());
    return chosen.data();
  };
  for (int gpu = 0; gpu < layout.gpus; ++gpu) {
    const int n = tokens[tokens.size() == 1 ? 0 : static_cast<std::size_t>(gpu)];
    const int first = layout.first_of_group(gpu);
    plans.plans[plans.plan_of[static_cast<std::size_t>(gpu)]].count(
        static_cast<std::uint32_t>(gpu - first), known != nullptr ? known->of(gpu, n) : draw(gpu, n),
        copies.data() + plans.shape->begin(gpu), arrived.data() + static_cast<std::ptrdiff_t>(first) * slots);
  }
  Traffic traffic{plans.shape, std::move(copies)};
  traffic.groups = layout.groups;
  traffic.tokens = layout.mean(tokens);
  return {std::make_shared<const Traffic>(std::move(traffic)), std::move(arrived)};
}

}  // namespace

bool goes_by_plan(const ExchangeLayout& layout, const Gate& gate, const Routing& routing,
                  const std::vector<int>& tokens) {
  if (routing.per != CopyPer::expert || routing.shared_copies || routing.remote_all || layout.gpus == 0) return false;
  const auto [fewest, most] = std::minmax_element(tokens.begin(), tokens.end());
  return *fewest * gate.top_k >= gate.experts && *most <= most_drawn &&
         *most * gate.top_k <= std::numeric_limits<std::uint16_t>::max();
}

Exchange sampled_exchange(const ExchangeLayout& layout, const Chooser& chooser, const Placement& placement,
                          const Routing& routing, const std::vector<int>& tokens, const GateSeed& seed,
                          const CopyPlans* plans, GateChoices* known) {
  if (plans != nullptr) return counted_by_plan(layout, chooser, *plans, placement.slots_per_rank, tokens, seed, known);
  return CopyCounter{layout, chooser, placement, routing}.count(tokens, seed);
}

}  // namespace teapot

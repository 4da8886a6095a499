#pragma once
// Choices that are kept to go on from: of the tokens of a GPU the first ones choose the same experts however many come
// after them. Knows no layout and no copies.

#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "workloads/routing/gate.hpp"

namespace teapot {

/// Names the random numbers of one gate.
struct GateSeed {
  std::uint64_t seed = 1;
  int layer = 0;
  int micro_batch = 0;
};

/// Those of one gate whose experts are all equally likely, by GPU.
class GateChoices {
 public:
  GateChoices(const Gate& gate, const GateSeed& seed) : chooser_(Chooser::uniform(gate)), seed_(seed) {}

  /// By expert: how often the first `tokens` of the GPU choose it, most_drawn of them at most. Valid until the next
  /// call.
  const std::uint16_t* of(int gpu, int tokens);
  std::size_t size() const { return counts_.size(); }

 private:
  Chooser chooser_;
  GateSeed seed_;
  std::vector<std::uint16_t> counts_;  // [gpu * experts + expert]
  std::vector<Random> after_;          // by GPU: what the next token is drawn with
  std::vector<int> tokens_;            // by GPU: so many have been drawn
};

class KnownChoices {
 public:
  /// Null where so much is kept already that no more gates should be, or so many GPUs would be that few gates could.
  GateChoices* of(const Gate& gate, const GateSeed& seed, int gpus);

 private:
  using Key = std::tuple<int, int, int, int, std::uint64_t, int, int>;
  std::map<Key, GateChoices> known_;
};

}  // namespace teapot

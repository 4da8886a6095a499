#pragma once
// Who sends how many copies to whom, from the experts that tokens choose.
// Knows no links and no time.

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/traffic.hpp"
#include "workloads/decode.hpp"
#include "workloads/gate.hpp"
#include "workloads/placement.hpp"

namespace teapot {

/// The exchange of one gate.
struct Exchange {
  std::shared_ptr<const Traffic> traffic;
  std::vector<std::uint32_t> arrived;  ///< tokens at each slot: [gpu * slots_per_rank + slot]; empty if balanced
};

/// Where copies can be sent: what does not change between the gates of a program.
class Exchanges {
 public:
  /// `domain`: scale-up domain of each GPU.
  Exchanges(const Gate& gate, const Routing& routing, Placement placement, int gpus, const std::vector<int>& domain);

  /// Expected values: each expert takes the same share of `tokens` of each GPU.
  Exchange balanced(double tokens) const;
  /// Chosen by a generator that (seed, layer, micro-batch, GPU) name, for `tokens` of each GPU.
  Exchange sampled(int tokens, std::uint64_t seed, int layer, int micro_batch) const;

 private:
  struct Node {
    std::vector<int> members;  ///< GPUs of one EP group in one scale-up domain
  };
  struct Rows;

  int first_of_group(int gpu) const { return gpu / placement_.group_gpus * placement_.group_gpus; }
  int relay(int source, int node) const;
  double experts_on(double gpus) const;
  double reach(double tokens, double gpus) const;
  void count_for_each_expert(Rows& rows, int gpu, int tokens, Random random) const;
  void count_each_token(Rows& rows, int gpu, int tokens, Random random) const;
  void count_shared(Rows& rows, int gpu, int tokens) const;
  void spread_own(Rows& rows, int gpu) const;

  Gate gate_;
  Routing routing_;
  Placement placement_;
  int gpus_;
  std::vector<Node> nodes_;
  std::vector<int> node_;      ///< of each GPU
  std::vector<int> position_;  ///< of each GPU among the members of its node
  std::shared_ptr<const std::vector<int>> groups_;
};

}  // namespace teapot

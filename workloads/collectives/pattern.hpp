#pragma once
// What one collective sends from whom to whom, and how its bandwidth is counted.
// Knows no fabric; domains say which ranks share a scale-up network.

#include <memory>
#include <string>
#include <vector>

#include "sim/network.hpp"
#include "sim/traffic.hpp"
#include "sim/units.hpp"
#include "workloads/model/precision.hpp"
#include "workloads/routing/routing.hpp"

namespace teapot {

struct Pattern {
  std::shared_ptr<const Traffic> traffic;
  bool reversed = false;
  Bytes bytes_per_copy;
  Bytes bytes_per_gpu;    ///< what algorithm bandwidth divides by time
  double bus_factor = 1;  ///< bus over algorithm bandwidth
  int steps = 1;          ///< messages one after another; each but the first pays a latency more
  std::string cost;       ///< the operation of the communication library
};

/// Ranks that work together; a rank is in one group at most.
using Groups = std::vector<std::vector<int>>;
/// Consecutive groups of `size`; or, with a stride, `stride` interleaved groups (ranks r, r + stride, ...).
Groups make_groups(int ranks, int size, int stride);

enum class Algorithm {
  direct,  ///< every rank sends to every receiver itself
  ring,    ///< round the group, one ring for each member a node has, so that every NIC of a node is used
};

/// all-to-all, all-gather, reduce-scatter, all-reduce or broadcast. `size` is counted as by nccl-tests: the whole
/// buffer of a rank (what an all-gather ends with, what the others begin with), and so are the bandwidths (its
/// PERFORMANCE.md).
Pattern dense_pattern(const std::string& operation, Bytes size, Algorithm algorithm, const Groups& groups,
                      const std::vector<int>& domain);
/// From one rank to another.
Pattern send_pattern(Bytes size, int from, int to, int ranks);
/// A CSV of bytes, row by sending and column by receiving rank, without a header. Throws ConfigError.
Pattern matrix_pattern(const std::string& file, int ranks);

/// Tokens to the GPUs of their experts (dispatch) or back (combine).
struct ExpertExchange {
  int tokens = 128;  ///< of each GPU
  int hidden = 7168;
  int experts = 256;
  int top_k = 8;
  int expert_groups = 8;  ///< in which the gate chooses
  CopyFormat format;
  Routing routing;
  std::uint64_t seed = 1;
};
/// Bandwidth as DeepEP counts it: all copies of a token, those that stay on its own GPU or node too.
Pattern expert_pattern(const ExpertExchange& exchange, bool combine, int ranks, const std::vector<int>& domain);

}  // namespace teapot

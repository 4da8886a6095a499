#pragma once
// What the kernels of a communication library cost beyond the bytes: its software floor and how well it uses links.
// Knows no fabric: links are named by tier, as fabrics name them.

#include <map>
#include <string>
#include <vector>

#include "sim/config.hpp"
#include "sim/costs.hpp"

namespace teapot {

/// What a library's tuner finds out of the network inside a scale-up domain.
struct ScaleUp {
  BytesPerSecond bandwidth;  ///< of one GPU, per direction; zero: not known, and only software floors are compared
  double latency = 1;        ///< of launching a communication kernel and of a flag on a neighbour; 1: an H100's
};

/// What a library does: dispatch, combine and the dense ones.
std::vector<std::string> collective_operations();

/// From the mapping that resolve_named(..., "platforms/communication", "communication library") gives: for each
/// operation its kernel, or its `algorithms`, of which a call runs the one that is fastest by
///   latency * (overhead + per_rank * (ranks - 1)) + tokens / loads + volume * bytes / (bandwidth * efficiency),
/// or its `limits`, of which the slowest holds. The result throws ConfigError for an operation the library lacks.
CollectiveCosts read_communication(const Config& config, const ScaleUp& scale_up = {});

/// Median relative residual of each operation's fit; 0 where the file states none. Reads the same mapping.
std::map<std::string, double> read_communication_errors(const Config& config);

/// How many copies of a token the library's dispatch and combine send: one for each `expert`, `gpu` or `node`.
std::string read_copies(const Config& config);

}  // namespace teapot

#pragma once
// Runs a program on a network under SimGrid's clock. Each simulation has a child process of its own, since SimGrid
// keeps one engine per process. The declarations here show no SimGrid type.

#include <functional>
#include <stdexcept>

#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

enum class NetworkDepth {
  collective,  ///< a whole collective is one transfer: bytes per link, links shared among transfers
  pair,        ///< every pair is a SimGrid communication, max-min fair: the reference, for tens of ranks
};

struct SimulationOptions {
  NetworkDepth network = NetworkDepth::collective;
  bool record_links = false;                      ///< fill Timeline::busy
  std::function<void(double fraction)> progress;  ///< called from time to time in the parent, with operators done
};

/// The simulation came to a halt with operators left, or its process died. Exit code 3.
struct SimulationError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Its process was killed from outside, by a person or for want of memory: it may well succeed another time.
struct SimulationKilled : SimulationError {
  using SimulationError::SimulationError;
};

/// Ranks of the program are the first ranks of the network; the network must have at least as many.
Timeline simulate(const Program& program, const Network& network, const SimulationOptions& options = {});

}  // namespace teapot

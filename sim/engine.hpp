#pragma once
// Runs a program on a network under SimGrid's clock. Each simulation has a child process of its own, since SimGrid
// keeps one engine per process, unless the process is there for simulations only. Shows no SimGrid type.

#include <functional>
#include <stdexcept>

#include "sim/network.hpp"
#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

enum class NetworkDepth {
  collective,  ///< a whole collective is one transfer: bytes per link, links shared among transfers
  pair,        ///< every pair has its max-min fair share of links, found by SimGrid: the reference, for up to 128 ranks
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

/// For a process that nobody misses when it dies, such as a sweep's worker: from now on it simulates collectives
/// itself, one program after another on one engine, without a child for each. Where that fails in a way that a child
/// would have been the victim of, and for depth `pair` once an engine is there, simulate() throws SimulationKilled:
/// another process can do it.
void keep_engine();

/// Ranks of the program are the first ranks of the network; the network must have at least as many.
Timeline simulate(const Program& program, const Network& network, const SimulationOptions& options = {});

}  // namespace teapot

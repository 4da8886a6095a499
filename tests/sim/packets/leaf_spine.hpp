#pragma once
// The same leaf-spine as wires of the packet simulator and as a network of the fluid model, and exchanges over it.
// Knows nothing of either's inside.

#include <string>
#include <vector>

#include "sim/network.hpp"
#include "tests/sim/packets/packet_network.hpp"

namespace teapot::packets {

struct LeafSpine {
  int hosts = 64;
  int leaves = 8;
  int spines = 8;  ///< 8: as much up as down; 4: half of it
  double bytes_per_s = 50e9;
  double latency_s = 500e-9;  ///< of a wire
  bool spread = false;        ///< packets over all spines; else each pair has one, by a hash

  std::vector<Wire> wires() const;
  std::vector<std::vector<int>> paths(int from, int to) const;
  /// Its links are numbered as the wires.
  Network network(Backlog backlog) const;
};

/// Bytes from each host to each other, row by row; whole packets' worth or not.
using Matrix = std::vector<double>;

Matrix uniform(int hosts, double bytes);
/// Power-law popularity: host j's share of what is received falls as its rank to the power -alpha, and so does host i's
/// of what is sent (0: none), in random orders; `mean` bytes a pair.
Matrix popular(int hosts, double mean, double receivers_alpha, double senders_alpha, unsigned seed);
/// Every pair is lognormal around `mean`, with this standard deviation of the logarithm.
Matrix lognormal(int hosts, double mean, double sigma, unsigned seed);
/// Each host has about two partners that get `times` as much as the others; `mean` bytes a pair.
Matrix partners(int hosts, double mean, double times);

std::vector<Message> messages(const LeafSpine& fabric, const Matrix& matrix);
/// The longest that any wire needs at line rate.
double bound_s(const LeafSpine& fabric, const Matrix& matrix);
/// What the fluid model says, without latency.
double fluid_s(const LeafSpine& fabric, const Matrix& matrix, Backlog backlog);

}  // namespace teapot::packets

#pragma once
// One plane of a fat-tree of two or three layers, for the kinds that are made of them.
// Knows nothing of what is plugged in.

#include "topologies/topology.hpp"

namespace teapot {

struct FatTree {
  int layers = 2;
  int radix = 64;  ///< ports of a switch
  int up = 32;     ///< ports of a leaf that go up
  int idle = 0;    ///< ports of a leaf that an oversubscription leaves empty
  int spines = 0;  ///< of a plane, in two layers; 0: the fewest that carry its leaves

  int down() const { return radix - up - idle; }
  std::int64_t capacity() const;  ///< endpoints, by the ports of its spines or cores
  std::string text() const;
};

/// Reads `layers` (2 where that carries the `endpoints` of a plane, else 3), `radix` (64), and in two layers `uplinks`
/// (radix / 2) or `oversubscription`, and `spines` (a divisor of the uplinks; by default the fewest whose ports carry
/// all leaves: with fewer spines than uplinks, cables run in parallel).
FatTree read_fat_tree(const Config& config, std::int64_t endpoints);
/// Diameter and bisection: Al-Fares, Loukissas and Vahdat, SIGCOMM 2008; Leiserson 1985.
Figures count_fat_tree(const FatTree& tree, const Site& site, int endpoints);
std::vector<Vertex> build_fat_tree(const FatTree& tree, const Site& site, Fabric& fabric, int plane, int endpoints);

}  // namespace teapot

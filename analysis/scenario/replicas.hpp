#pragma once
// Copies of a deployment that serve side by side and exchange nothing: how many, and whether one stands for all.
// Knows no time.

#include <string>

#include "analysis/scenario/part_reader.hpp"
#include "sim/network.hpp"
#include "workloads/layout/layout.hpp"
#include "workloads/load/load.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

struct Replicas {
  int count = 1;
  int gpus = 0;       ///< of each
  int simulated = 1;  ///< 1 where it stands for all, else `count`
  std::string why;    ///< all are simulated, where there are several
};

/// GPUs that work together: the fewest in a row from which no byte goes to another of the deployment.
int replica_gpus(const Layout& layout, const Model& model);

/// What is known before the network is: one may stand for all where their requests are alike.
Replicas replicas_of(const Layout& layout, const Model& model, const Load& load);

/// One stands for all if their networks are alike (sim/blocks.hpp); what was found is kept in `parts` under `key`,
/// where that is not empty.
void compare_networks(const Network& network, const std::string& key, PartReader& parts, Replicas& replicas);

}  // namespace teapot

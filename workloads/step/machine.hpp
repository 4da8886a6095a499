#pragma once
// What a decode step must know of the machine it runs on. Analysis fills it from platforms and topologies.
// Knows no accelerator, runtime or fabric by name.

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/costs.hpp"
#include "sim/kernel.hpp"

namespace teapot {

/// How long kernels take on each rank: one kind of device, or several (GPUs of two generations, CPUs).
struct Devices {
  std::vector<TimeKernel> kinds;
  std::vector<int> kind_of_rank;  ///< empty: all are of the first kind

  Devices() = default;
  Devices(TimeKernel time) : kinds{std::move(time)} {}  // NOLINT: one device is a machine of that device
  bool alike() const { return kind_of_rank.empty(); }
  int kind(int rank) const { return alike() ? 0 : kind_of_rank[static_cast<std::size_t>(rank)]; }
  KernelTime time(const Kernel& kernel, int kind = 0) const { return kinds[static_cast<std::size_t>(kind)](kernel); }
};

/// What stands beside the GPUs: where tensors lie that they do not hold, and what computes with those.
struct HostSide {
  TimeKernel cpu;            ///< each rank's part of its host's CPUs; empty: they compute nothing
  std::vector<int> passive;  ///< hosts of the network (Network::passive) that the step reads from or writes to
  std::vector<int> of_rank;  ///< which of them a rank is plugged into
};

/// How a class of traffic shares links with the others.
struct TrafficClass {
  double weight = 1;
  int priority = 0;
};

struct Machine {
  Devices devices;
  HostSide host;
  std::map<std::string, TrafficClass> traffic;  ///< by class: kv, experts, weights, activations; others: as they are
  CollectiveCosts collective;
  RuntimeCost runtime;
  std::vector<int> domain;  ///< scale-up domain of each rank
};

}  // namespace teapot

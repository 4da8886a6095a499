#pragma once
// What a decode step must know of the machine it runs on. Analysis fills it from platforms and topologies.
// Knows no accelerator, runtime or fabric by name.

#include <cstddef>
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

struct Machine {
  Devices devices;
  CollectiveCosts collective;
  RuntimeCost runtime;
  std::vector<int> domain;  ///< scale-up domain of each rank
};

}  // namespace teapot

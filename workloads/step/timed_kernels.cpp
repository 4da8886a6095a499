// Times a stage's kernels with what the stack makes of them: fused, read at its rate, launched one by one.
// Knows no stage and no order.

#include <fmt/format.h>

#include <algorithm>

#include "workloads/step/step_work.hpp"

namespace teapot {
namespace {

/// What the stack computes within neighbours, experts' kernels by the arithmetic that their products run in.
std::set<std::string> fused_kernels(const RuntimeCost& runtime, const std::vector<Kernel>& kernels) {
  std::set<std::string> fused = runtime.fused;
  for (const Kernel& kernel : kernels) {
    if (kernel.kind != "grouped-gemm") continue;
    const auto more = runtime.fused_experts.find(kernel.stored.empty() ? kernel.precision : "weight-only");
    if (more != runtime.fused_experts.end()) fused.insert(more->second.begin(), more->second.end());
  }
  return fused;
}

/// Narrow weights that the stack's kernels read at a part of the bandwidth take as long as so many more bytes.
Kernel as_read(const std::map<std::string, double>& weight_only, Kernel kernel) {
  const auto part = weight_only.find(kernel.stored);
  if (part != weight_only.end()) kernel.bytes = kernel.bytes / part->second;
  return kernel;
}

/// A kernel that the stack takes several for, or of so many columns another number.
Kernel as_launched(const std::map<std::string, int>& unfused, Kernel kernel) {
  const auto many = unfused.find(kernel.name);
  if (many == unfused.end()) return kernel;
  const auto of_columns = unfused.find(fmt::format("{}-{:.0f}", kernel.name, kernel.shape.k));
  kernel.launches = (of_columns == unfused.end() ? many : of_columns)->second;
  return kernel;
}

}  // namespace

Compute timed(const Machine& machine, const std::vector<Kernel>& kernels, int kind) {
  Compute work;
  Seconds sum;
  Seconds launched;
  const std::set<std::string> fused = fused_kernels(machine.runtime, kernels);
  for (const Kernel& one : kernels) {
    if (fused.contains(one.name)) continue;
    const Kernel kernel = as_launched(machine.runtime.unfused, one);
    const RuntimeCost& runtime = machine.runtime;
    KernelTime t = kind == on_cpu ? machine.host.cpu(as_read(runtime.cpu_weight_only, kernel))
                                  : machine.devices.time(as_read(runtime.weight_only, kernel), kind);
    t.time += (kind == on_cpu ? runtime.per_cpu_kernel : runtime.per_kernel) * kernel.launches;
    sum += t.time;
    launched += runtime.per_launch * kernel.launches;
    work.flops += kernel.flops;
    work.bytes += kernel.bytes;
    work.parts.push_back({kernel.name, kernel.kind, t.time, t.provenance});
  }
  if (launched > Seconds{} && kind != on_cpu) {
    // What the host needs to launch them beyond what they take.
    work.parts.push_back({"launches", "elementwise", std::max(Seconds{}, launched - sum), Provenance::modelled});
    sum = std::max(sum, launched);
  }
  work.duration = {sum};
  return work;
}

}  // namespace teapot

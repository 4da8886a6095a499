#pragma once
// The work of each stage on every GPU, and what its GPUs exchange. Computed once for all layers and passes alike.
// Knows no stage by name and no order: what waits for what is decided elsewhere.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "workloads/load/load.hpp"
#include "workloads/step/gates.hpp"
#include "workloads/step/machine.hpp"
#include "workloads/step/stages/stages.hpp"

namespace teapot {

/// Whose tokens pass through a stage.
struct Pass {
  int micro_batch = 0;  ///< or Batches::whole_step
  Tokens tokens = Tokens::all;
  int stage = -1;  ///< of a pipeline: whose GPUs run it; below 0: all GPUs
  int part = 0;  ///< of a pipeline: the requests counted with this stage's GPUs; of all stages: those at the first one
  auto operator<=>(const Pass&) const = default;
};

class StepWork {
 public:
  /// Keeps references to all it is given.
  StepWork(const StepShape& shape, const Load& load, const Machine& machine, std::uint64_t seed,
           const std::shared_ptr<KnownExchanges>& known);

  int micro_batches() const { return batches_.micro_batches(); }
  /// The stages of a layer; valid as long as this is.
  const std::vector<Stage>& stages(const LayerKind& kind);
  Compute compute(const Stage& stage, const Pass& pass, int layer);
  Collective exchange(const Stage& stage, const Pass& pass, int layer);
  Collective fetch(const Stage& stage, const Pass& pass, int layer);  ///< what its stage needs of a host
  /// Activations of its tokens on their way between GPU and host.
  Collective handover(const Stage& stage, const Pass& pass, int layer, bool to_host);

 private:
  struct GpuRange {
    int first = 0;
    int count = 0;
  };
  enum class Way { fetch, to_host, to_device };
  Collective of_host(const Stage& stage, const Pass& pass, int layer, Way way,
                     const std::function<Bytes(const Share&)>& bytes_of);
  int group_of(int index, const Pass& pass) const;  // whose requests the index-th entry of a pass stands for
  int groups_of(const Pass& pass) const;            // entries where GPUs differ
  std::vector<double> group_tokens(const Pass& pass) const;
  std::vector<int> gpu_tokens(const Pass& pass) const;
  const Exchange& routed(const Pass& pass, int layer);
  std::shared_ptr<const Traffic> routed_leg(StageExchange::Leg leg, const Pass& pass, int layer);
  std::vector<Share> shares(const Stage& stage, const Pass& pass, int layer);
  std::vector<Share> arrived(const Pass& pass, int layer);
  Share dealt(const Pass& pass) const;
  double tokens_between(int first, int last, const Pass& pass) const;  // of GPUs that attend
  GpuRange gpus_of(const Stage& stage) const;
  Compute timed(const Stage& stage, const std::vector<Share>& shares);
  /// Valid until the next call.
  const Compute& timed(const Stage& stage, const Share& share, int kind);

  struct RoutedLayer {
    int layer = -1;
    Exchange exchange;
    std::shared_ptr<const Traffic> to_nodes{}, within{};  // of the exchange, once asked for
  };

  StepShape shape_;
  Machine machine_;
  Batches batches_;
  std::optional<Gates> gates_;
  std::vector<std::unique_ptr<const std::pair<LayerKind, std::vector<Stage>>>> kinds_;  // met so far
  std::map<std::pair<const Stage*, Pass>, Compute> of_pass_;                            // stages alike in all layers
  /// A kind of device's time, by work: what arrived, and the sequences of its batch.
  std::map<std::tuple<const Stage*, int, double, double, std::vector<double>>, Compute> of_share_;
  Compute unlike_;  // the last one that comes once
  std::map<std::tuple<StageExchange::Pattern, double, int, std::vector<double>>, std::shared_ptr<const Traffic>>
      traffic_;
  std::map<std::tuple<const Stage*, Pass, Way>, Collective> of_host_;  // of stages alike in all layers
  std::map<Pass, RoutedLayer> routed_;                                 // the last layer's
};

inline constexpr int on_cpu = -1;  ///< in place of a kind: the host's CPU
/// The kernels one after the other, on a device of one kind (Devices::kinds).
Compute timed(const Machine& machine, const std::vector<Kernel>& kernels, int kind = 0);

}  // namespace teapot

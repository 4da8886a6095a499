#pragma once
// What communication kernels and the serving stack cost beyond the bytes and flops: explicit data, never hidden
// elsewhere. Knows no library and no stack by name; platforms read them from YAML, workloads put them into programs.

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "sim/program.hpp"
#include "sim/units.hpp"

namespace teapot {

/// One call of a communication library, by what its choice of an algorithm depends on.
struct CollectiveCall {
  std::string operation;  ///< dispatch, combine, all-reduce, all-gather, reduce-scatter, broadcast or send
  Bytes bytes;            ///< dense: the whole buffer of a rank, as nccl-tests counts it; else what a rank sends
  Bytes tokens;           ///< exchanges: of a rank's tokens before they are copied
  int ranks = 2;          ///< that work together
  int domains = 1;        ///< scale-up domains that these ranks lie in
};

/// What a communication kernel costs beyond the bytes it sends.
struct CollectiveCost {
  std::string library;               ///< whose kernel it is, and which of its algorithms: for reports
  Seconds overhead;                  ///< software floor of one call
  double volume = 1;                 ///< bytes that it sends, over those of the direct exchange
  std::shared_ptr<const Wire> wire;  ///< how well it uses the links; none: line rate
  double sm_share = 0;               ///< part of the accelerator it holds while in flight
  Seconds sm_time;                   ///< of its send and receive kernels, which what overlaps it gives up
  bool counts_hops = false;          ///< the overhead holds the way of every step, a ring's too
  Collective::Carry carry = Collective::Carry::each;  ///< of an exchange: what switches copy or add up on the way
};

/// Which kernel a call runs, and its cost. Throws ConfigError for an operation the library lacks.
using CollectiveCosts = std::function<CollectiveCost(const CollectiveCall&)>;

/// Bytes that a rank sends in the direct exchange of a dense operation, over its buffer: (n - 1) / n for each of the
/// two halves of an all-reduce; 1 for what is no dense operation of a group.
double direct_volume(const std::string& operation, int ranks);

/// The call that this work is, where rank r lies in scale-up domain `domain[r]`.
CollectiveCall call_of(const std::string& operation, const Collective& work, const std::vector<int>& domain);
/// Takes over what the chosen kernel costs.
void charge(Collective& work, const CollectiveCost& cost);

/// What the serving stack adds; all zero for an ideal one.
struct RuntimeCost {
  bool bound = false;           ///< no stack at all: not even the accelerator's time between two kernels is counted
  std::set<std::string> fused;  ///< kernels that it computes within their neighbours: not launched, nothing written
  /// The same beside experts, by the arithmetic that these run in; `weight-only` where their weights are narrower.
  std::map<std::string, std::set<std::string>> fused_experts;
  std::set<std::string> fused_all_reduce;  ///< kernels that its all-reduces do on the way, where there are some
  /// What its weight-only kernels reach of the memory bandwidth that those of the arithmetic reach, by stored format.
  std::map<std::string, double> weight_only;
  std::map<std::string, std::string> collectives;  ///< its own libraries within a scale-up domain, by operation
  Seconds per_kernel;  ///< to each kernel launched, beside what the accelerator needs between two of them
  /// To each kernel of a step of prompts with more tokens than graphs were recorded for: it is launched, not replayed.
  Seconds per_prompt_kernel;
  /// At least, from one launch to the next in such a step: a host that launches kernel by kernel is no quicker.
  Seconds per_launch;
  /// How many kernels it takes where one would do, by the kernel's name, or by name and columns ("top-k-biased-384").
  std::map<std::string, int> unfused;
  int recorded_tokens = 0;  ///< of an attention group, the most that graphs were recorded for
  Seconds per_operator;     ///< to each compute operator
  Seconds per_layer;        ///< to each layer and micro-batch
  Seconds per_step;         ///< once a step (scheduler, sampling, host)
  /// What its kernels on a CPU reach of the memory bandwidth that those of the arithmetic reach, by stored format.
  std::map<std::string, double> cpu_weight_only;
  Seconds per_copy;        ///< to each hand-over of activations between a GPU and its host
  Seconds per_cpu_kernel;  ///< to each kernel on a CPU: threads that wait for one another
  Seconds per_request;     ///< once a step for each request of an attention group (sampling, detokenising, scheduling)
  /// Once a step for each doubling of attention groups: their schedulers gather what each will compute.
  Seconds per_agreement;
  double error = 0;     ///< how far off they may be, as a part of them
  int steps_ahead = 0;  ///< scheduled while one runs: who comes meanwhile waits for them

  /// Above zero where the stack costs anything.
  Seconds all() const {
    return per_kernel + per_prompt_kernel + per_launch + per_operator + per_layer + per_step + per_request +
           per_agreement;
  }
};

}  // namespace teapot

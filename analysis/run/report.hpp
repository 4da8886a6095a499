#pragma once
// What a run means: TPOT and where the step's time went. A pure function of scenario, program and timeline.
// Knows no output format.

#include <map>
#include <string>
#include <vector>

#include "analysis/run/run.hpp"
#include "analysis/scenario/scenario.hpp"

namespace teapot {

/// Time of one kind of operator, the mean over the ranks that ran any of it, summed over layers and micro-batches.
struct OperatorTime {
  std::string name;
  bool communication = false;
  std::string operation;  ///< what it does, in whichever pass
  std::string library;    ///< communication only: whose kernel it runs
  int count = 0;          ///< operators of this name that such a rank ran, rounded where ranks differ
  Seconds busy;           ///< computing, or in flight from entry to arrival
  Seconds exposed;        ///< communication only: while in flight, the accelerator had nothing to do
  Seconds longest;        ///< of one operator on one rank
};

/// How much of the step the busiest resource of a kind was in use.
struct ResourceUse {
  std::string kind;  ///< compute (of GPUs), CPU (of hosts), or a tier of links: nvlink, nic, leaf, ...
  std::string name;  ///< the busiest one: a GPU or a link
  double use = 0;    ///< busy time over step
};

/// The means over GPUs that do the same where attention and feed-forwards have GPUs of their own.
struct SideTime {
  int gpus = 0;
  Seconds compute, exposed, idle;
};

/// As outputs have it.
inline double ms(Seconds time) { return time.value * 1e3; }

struct Report {
  Seconds tpot;
  Seconds step;
  double tokens_per_step = 1;  ///< emitted by a request
  double tokens_per_s_per_user = 0;
  double tokens_per_s_per_gpu = 0;  ///< emitted; of a prefill: computed of prompts
  Seconds compute;                  ///< mean over ranks of the time spent computing
  Seconds communication;            ///< mean over ranks of the time with a collective in flight
  Seconds exposed;                  ///< mean over ranks of the time with a collective in flight and nothing computing
  Seconds idle;                     ///< mean over ranks of the rest of the step: step = compute + exposed + idle
  double overlap_fraction = 0;      ///< 1 - exposed / communication
  std::vector<SideTime> sides;      ///< those that attend, then the others; none where all GPUs do all
  std::vector<OperatorTime> operators;  ///< in order of first appearance
  std::vector<KernelPart> kernels;      ///< by name: time of one step, mean over the ranks that ran it
  std::vector<ResourceUse> resources;   ///< busiest first
  int layers = 0;                       ///< simulated, the prediction module included
};

Report report(const Scenario& scenario, const Program& program, const Timeline& timeline);

}  // namespace teapot

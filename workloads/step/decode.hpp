#pragma once
// How a step is decoded: overlap, speculation, routing and precision.
// Knows no accelerator, runtime or fabric.

#include <string>
#include <vector>

#include "sim/config.hpp"
#include "workloads/layout/deployment.hpp"
#include "workloads/model/model.hpp"
#include "workloads/model/precision.hpp"
#include "workloads/routing/loads.hpp"

namespace teapot {

/// What is sent once: a copy for each chosen expert, for each distinct GPU among them, or for each distinct node
/// (scale-up domain), from where it is forwarded.
enum class CopyPer { expert, gpu, node };

/// How redundant experts are chosen and placed.
enum class Balancer {
  none,          ///< in order: copies of experts 0, 1, 2, ...
  hierarchical,  ///< groups of experts to nodes, copies within nodes, experts to GPUs (EPLB); global where that does
                 ///< not divide
  global,        ///< copies and GPUs over the whole EP group (EPLB)
};

struct Routing {
  std::string load = "balanced";  ///< as written
  LoadSource source;
  Balancer balancer = Balancer::none;
  int top_k = 0;               ///< experts of a token; 0: as the model says
  int distinct_experts = 0;    ///< batch-aware selection: a micro-batch keeps to its so many favourites; 0: no limit
  int max_nodes = 0;           ///< groups of experts a token may choose from; 0: all
  bool shared_copies = false;  ///< a copy travels to the shared expert too
  CopyPer per = CopyPer::expert;
  bool remote_all = false;  ///< no copy stays on its own GPU

  bool balanced() const { return source.kind == LoadSource::Kind::balanced; }
};

struct Precision {
  Format weights;      ///< of the matrices in attention, feed-forward and experts
  Format activations;  ///< of what enters those matrices; picks their arithmetic
  Format attention;    ///< of the core of attention and of MLA's absorbed matrices
  Format kv;
  int kv_window = 0;  ///< tokens of cache kept and read in every layer; 0: as the model's layers say
  CopyFormat dispatch;
  CopyFormat combine;
};

struct Decode {
  std::string overlap = "dual-micro-batch";
  int draft_tokens = 0;
  std::vector<double> acceptance;  ///< of each draft, given that those before it were accepted
  double tokens_per_step = 1;      ///< emitted by a request, the mean: expected, or of one sampled step
  Routing routing;
  Precision precision;
};

/// Reads `decode:` except `runtime` and `communication`, which describe the machine. Every key has a default.
Decode read_decode(const Config& section, const Model& model, const Deployment& deployment);

}  // namespace teapot

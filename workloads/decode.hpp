#pragma once
// How a step is decoded: overlap, speculation, routing and precision.
// Knows no accelerator, runtime or fabric.

#include <string>
#include <vector>

#include "sim/config.hpp"
#include "workloads/deployment.hpp"
#include "workloads/model.hpp"
#include "workloads/precision.hpp"

namespace teapot {

/// What is sent once: a copy for each chosen expert, for each distinct GPU among them, or for each distinct node
/// (scale-up domain), from where it is forwarded.
enum class CopyPer { expert, gpu, node };

struct Routing {
  std::string load = "balanced";  ///< balanced: expected values, the same everywhere; uniform: sampled
  int max_nodes = 0;              ///< groups of experts a token may choose from; 0: all
  bool shared_copies = false;     ///< a copy travels to the shared expert too
  CopyPer per = CopyPer::expert;
  bool remote_all = false;  ///< no copy stays on its own GPU

  bool balanced() const { return load == "balanced"; }
};

struct Precision {
  Format weights;      ///< of the matrices in attention, feed-forward and experts
  Format activations;  ///< of what enters those matrices; picks their arithmetic
  Format attention;    ///< of the core of attention and of MLA's absorbed matrices
  Format kv;
  CopyFormat dispatch;
  CopyFormat combine;
};

struct Decode {
  std::string overlap = "dual-micro-batch";
  int draft_tokens = 0;
  std::vector<double> acceptance;  ///< of each draft, given that those before it were accepted
  Routing routing;
  Precision precision;
};

/// Reads `decode:` except `runtime` and `communication`, which describe the machine. Every key has a default.
Decode read_decode(const Config& section, const Model& model, const Deployment& deployment);

}  // namespace teapot

#pragma once
// How tokens are routed to experts, and what of them travels.
// Knows no links and no time.

#include <string>

#include "sim/config.hpp"
#include "workloads/layout/layout.hpp"
#include "workloads/model/model.hpp"
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
  std::string load = "power-law";  ///< as written
  LoadSource source;
  Balancer balancer = Balancer::none;
  double drift = 0;            ///< part of the experts' load that went to others since the balancer saw it
  int top_k = 0;               ///< experts of a token; 0: as the model says
  int distinct_experts = 0;    ///< batch-aware selection: a micro-batch keeps to its so many favourites; 0: no limit
  int max_nodes = 0;           ///< groups of experts a token may choose from; 0: all
  bool shared_copies = false;  ///< a copy travels to the shared expert too
  CopyPer per = CopyPer::expert;
  bool in_place = true;     ///< copies come into their experts' places; else they are yet to be put there
  bool remote_all = false;  ///< no copy stays on its own GPU

  bool balanced() const { return source.kind == LoadSource::Kind::balanced; }
  bool operator==(const Routing&) const = default;
};

/// Reads `decode.routing`; every key has a default. Throws ConfigError.
Routing read_routing(const Config& section, const Model& model, const Layout& layout);

}  // namespace teapot

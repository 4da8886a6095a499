#pragma once
// How a step is executed: overlap, draft passes, routing and precision.
// Knows no accelerator, runtime or fabric.

#include <memory>
#include <string>

#include "sim/config.hpp"
#include "workloads/layout/layout.hpp"
#include "workloads/layout/offload.hpp"
#include "workloads/load/load.hpp"
#include "workloads/model/draft.hpp"
#include "workloads/model/model.hpp"
#include "workloads/routing/routing.hpp"

namespace teapot {

struct Execution {
  std::string overlap = "auto";          ///< resolved before a program is made of it (usual_overlap)
  int draft_passes = 0;                  ///< through what drafts, after the main pass
  std::shared_ptr<const Draft> draft{};  ///< a small model that drafts; null: the multi-token prediction module does
  Routing routing;
  Precision precision;
  Offload offload{};  ///< what does not lie on the GPUs
};

/// Reads `overlap`, `routing` and `precision` of `decode:`; every key has a default. Throws ConfigError.
Execution read_execution(const Config& decode, const Model& model, const Layout& layout, const Load& load);

}  // namespace teapot

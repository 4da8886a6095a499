// Which models a decode step can run: those whose layers have kernels.
// Knows no kernel.

#include "workloads/model/model.hpp"

namespace teapot {

std::string unknown_to_a_step(const Model& model) {
  for (const Layer& layer : model.layers) {
    if (layer.shares_weights) return "weights shared between layers";
  }
  return "";
}

}  // namespace teapot

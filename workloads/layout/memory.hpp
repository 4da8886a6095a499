#pragma once
// What a GPU must hold: weights and caches.
// Knows no accelerator: whether it fits is not decided here.

#include "workloads/layout/layout.hpp"
#include "workloads/load/load.hpp"
#include "workloads/model/draft.hpp"

namespace teapot {

/// Of the fullest GPU.
struct Memory {
  Bytes weights;
  Bytes kv;

  Bytes total() const { return weights + kv; }
};
/// `drafts`: with the multi-token prediction module and its cache, or those of a draft model.
Memory memory_per_gpu(const Model& model, const Layout& layout, const Load& load, const Precision& precision,
                      bool drafts, const Draft* draft = nullptr);

}  // namespace teapot

#pragma once
// What a GPU must hold: weights and caches.
// Knows no accelerator: whether it fits is not decided here.

#include "workloads/layout/layout.hpp"
#include "workloads/layout/offload.hpp"
#include "workloads/load/load.hpp"
#include "workloads/model/draft.hpp"

namespace teapot {

/// Of the fullest GPU, of those that attend.
struct Memory {
  Bytes weights;
  Bytes kv;
  Bytes host_weights;  ///< what the GPU's host holds in its place
  Bytes host_kv;
  Bytes staged;  ///< room on the GPU for what is fetched: two layers' worth

  Bytes total() const { return weights + kv + staged; }
  Bytes on_host() const { return host_weights + host_kv; }
};
/// `drafts`: with the multi-token prediction module and its cache, or those of a draft model.
Memory memory_per_gpu(const Model& model, const Layout& layout, const Load& load, const Precision& precision,
                      bool drafts, const Draft* draft = nullptr, const Offload& offload = {});

/// Of a GPU that runs feed-forwards alone (Layout::apart): it keeps no cache.
Bytes feed_forward_weights(const Model& model, const Layout& layout, const Precision& precision, bool drafts);

}  // namespace teapot

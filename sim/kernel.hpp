#pragma once
// What one kernel asks of an accelerator: its work and its shape. Workloads derive kernels, platforms time them.
// Knows neither a model nor an accelerator.

#include <functional>
#include <string>
#include <vector>

#include "sim/units.hpp"

namespace teapot {

/// Dimensions by which measured kernel tables are looked up; 0 where one does not apply.
struct KernelShape {
  double m = 0;        ///< rows of a matrix product (tokens); for grouped products, the sum over the groups
  double n = 0;        ///< columns
  double k = 0;        ///< the dimension summed over
  double groups = 0;   ///< matrices in a grouped or batched product (local experts, heads)
  double batch = 0;    ///< sequences in an attention kernel
  double context = 0;  ///< tokens of KV cache read for each sequence, its mean over the batch
  double queries = 0;  ///< query tokens for each sequence (1 + drafts)
  double heads = 0;
  double kv_heads = 0;
  double head_dim = 0;
};

struct Kernel {
  std::string name;       ///< which one it is, for the breakdown: q_b, attention-core, experts-up, ...
  std::string kind;       ///< how it runs: gemm, grouped-gemm, batched-gemm, mla-decode, gqa-decode, elementwise, copy
  std::string precision;  ///< of the arithmetic: fp8, bf16, int8, fp4, ...; picks the peak
  Flops flops;            ///< multiply and add counted as two
  Bytes bytes;            ///< read and written in HBM
  int launches = 1;       ///< kernel launches it stands for
  KernelShape shape;
  std::string stored{};  ///< format of the weights where they are narrower than the arithmetic, which widens them first
};

enum class Provenance { measured, interpolated, modelled };

struct KernelTime {
  Seconds time;
  Provenance provenance = Provenance::modelled;
};

/// How long a kernel takes alone on an accelerator; pure.
using TimeKernel = std::function<KernelTime(const Kernel&)>;

const char* to_text(Provenance provenance);

}  // namespace teapot

#pragma once
// What one accelerator is: memory, peaks, and how well each kind of kernel uses them. Read from YAML, with sources.
// Knows no model, no fabric and no network; what time a kernel takes is in kernels.hpp.

#include <limits>
#include <map>
#include <string>
#include <vector>

#include "sim/config.hpp"
#include "sim/units.hpp"

namespace teapot {

/// How one kind of kernel uses the machine; the formula is in kernels.cpp.
struct KernelFit {
  double compute = 1;           ///< reachable part of the peak
  double memory = 1;            ///< reachable part of the memory bandwidth
  double sharpness = 0;         ///< of the roofline's corner: (c^s + m^s)^(1/s); 0: max(c, m)
  Seconds startup;              ///< prologue and epilogue of one launch, on top of the launch overhead
  BytesPerSecond sm_bandwidth;  ///< what one SM can load when few are busy (matrix products); zero: no limit
  Seconds block;                ///< of an SM: one tile depth along k (products), a sequence's KV head (attention)
  Seconds paired_block;         ///< the same from `paired_rows` rows on, where SMs load tiles in pairs
  double paired_rows = std::numeric_limits<double>::infinity();
  double error = 0;    ///< median relative residual of the fit, for uncertainty bands
  std::string source;  ///< the rows it was fitted on
};

/// Tiles in which matrix products are computed: the shapes of the instruction set, of which a library takes the one
/// that ends first.
struct Tiles {
  std::vector<double> rows{64, 128};
  std::vector<double> columns{16, 32, 48, 64, 96, 128};
  double depth = 128;  ///< values along k in a block
};

struct Accelerator {
  std::string name;
  Bytes memory;
  BytesPerSecond memory_bandwidth;             ///< vendor's figure
  std::map<std::string, FlopsPerSecond> peak;  ///< dense, by precision: fp4, fp8, int8, bf16, tf32, fp32
  int sms = 0;                                 ///< streaming multiprocessors, compute units or cube cores
  Tiles tiles;
  Seconds launch;                                  ///< from one kernel to the next in a recorded graph
  BytesPerSecond scale_up_bandwidth;               ///< of its NVLink ports or their like, per direction; zero: none
  std::map<std::string, KernelFit> kernels;        ///< by kind, or kind-precision (gemm-bf16), which goes first
  std::vector<std::string> tables;                 ///< names under which rows of platforms/kernels/*.csv apply
  std::string communication;                       ///< default communication library
  std::map<std::string, std::string> collectives;  ///< libraries of single operations, where they are others
  double communication_latency = 1;  ///< of a communication kernel's start and a neighbour's flag; 1: an H100's
  std::string source;

  const KernelFit& fit(const std::string& kind, const std::string& precision) const;
  /// Dense peak; a precision it lacks runs in the next wider one it has. Throws ConfigError where there is none.
  FlopsPerSecond peak_of(const std::string& precision) const;
};

/// Whether weights of this format are multiplied without being widened: tensor cores that have FP4 multiply 4 bits by
/// activations of 8 (MXFP4 by MXFP8).
bool narrow_products(const std::string& stored, const Accelerator& accelerator);

/// From the mapping that resolve_named(..., "platforms/accelerators", "accelerator") gives. Throws ConfigError.
Accelerator read_accelerator(const Config& config);

}  // namespace teapot

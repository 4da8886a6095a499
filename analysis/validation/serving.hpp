#pragma once
// Measured points of whole servers, and the scenario that each is a measurement of.
// Knows no stack, model or accelerator by name: a case's file says what its words mean.

#include <string>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

/// One point: so many requests in decode at once, and the mean time between a request's tokens.
struct ServingPoint {
  std::string model;
  std::string gpu;
  std::string engine;
  std::string version;
  std::string precision;
  std::string mode;  ///< agg: prefill and decode on the same GPUs; disagg: decode alone
  int prompt = 0;    ///< tokens
  int output = 0;
  int gpus = 0;  ///< of one worker
  int tensor_parallel = 1;
  int expert_parallel = 1;
  int requests = 0;  ///< in decode, over the worker
  double tpot_ms = 0;
  std::string aside;  ///< why the point is not judged; empty: it is

  /// Of a request, the mean over its life.
  double context() const { return prompt + output / 2.0; }
  std::string label() const;
};

/// A CSV with a header of the names above; throws ConfigError where a cell cannot be read.
std::vector<ServingPoint> read_serving_points(const std::string& file);

/// `words`: what the case says of GPUs, engines and formats (`systems`, `engines`, `formats`).
Tree serving_scenario(const ServingPoint& point, const Config& words);

}  // namespace teapot

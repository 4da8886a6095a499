#pragma once
// What a program sends, summed up: copies, bytes on the scale-up links and bytes that leave the scale-up domain.
// Knows no links: which wires the bytes cross is the fabric's.

#include <string>
#include <vector>

#include "sim/program.hpp"
#include "sim/units.hpp"
#include "workloads/layout/layout.hpp"
#include "workloads/model/model.hpp"
#include "workloads/routing/routing.hpp"

namespace teapot {

/// All calls of one collective. Bytes are sent by one GPU in one call; `mean` over GPUs and calls, `most` the largest
/// of any GPU and call.
struct TrafficRow {
  std::string operation;  ///< the operator's name: dispatch, combine, all-reduce, ...
  int calls = 0;
  double copies_mean = 0;  ///< sent by a GPU in a call, those it forwards included; what stays is not sent
  Bytes bytes_per_copy;
  Bytes scale_up_mean;  ///< to GPUs of the same scale-up domain
  Bytes scale_up_most;
  Bytes scale_out_mean;  ///< to others
  Bytes scale_out_most;
  Bytes received_most;  ///< by one GPU, from everywhere
  Bytes step;           ///< sent by a GPU in the whole step, the mean
};

/// One row for each collective, in the order of their first calls. `domain`: scale-up domain of each GPU.
std::vector<TrafficRow> traffic_table(const Program& program, const std::vector<int>& domain);

/// Over how many different places the experts of one token spread, by formula (all experts equally likely).
struct TokenSpread {
  double experts = 0;       ///< chosen: copies where one is sent for each expert
  double gpus = 0;          ///< distinct GPUs among them
  double nodes = 0;         ///< distinct scale-up domains; 0 where EP groups do not fill domains evenly
  double remote_nodes = 0;  ///< of these, other than the token's own
};
TokenSpread token_spread(const Model& model, const Layout& layout, const Routing& routing,
                         const std::vector<int>& domain);

}  // namespace teapot

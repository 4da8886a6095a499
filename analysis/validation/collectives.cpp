// Replays micro-benchmarks of collectives: one operator on the scenario's network.
// Knows no case by name.

#include <algorithm>

#include "analysis/scenario/scenario.hpp"
#include "analysis/validation/validation.hpp"
#include "workloads/layout/placement.hpp"
#include "workloads/routing/gate.hpp"
#include "workloads/routing/traffic.hpp"

namespace teapot {
namespace {

/// Draws of the routing; benchmarks average over many. Loads of a thousand tokens a GPU hardly differ between draws.
int draws(const Scenario& s) { return s.execution.routing.balanced() || s.load.requests_per_gpu() >= 1000 ? 1 : 3; }

/// An exchange alone: entered by all ranks at once.
Program alone(const Scenario& s, const std::string& operation, std::shared_ptr<const Traffic> traffic, Bytes copy,
              bool reversed) {
  Collective work;
  work.traffic = std::move(traffic);
  work.reversed = reversed;
  work.bytes_per_copy = copy;
  charge(work, s.machine.collective(call_of(operation, work, s.machine.domain)));
  Program program;
  program.ranks = s.layout.gpus;
  program.streams = {"communication"};
  program.operators.push_back({"exchange", -1, 0, 0, {}, std::move(work)});
  return program;
}

Gate gate_of(const Scenario& s) {
  const int nodes = 1 + *std::max_element(s.machine.domain.begin(), s.machine.domain.end());
  return make_gate(s.model, s.execution.routing, nodes);
}

/// Mean over a few draws; until the last rank has everything.
Seconds time_exchange(const Scenario& s, const std::string& operation) {
  const bool combine = operation == "combine";
  const Bytes copy =
      copy_bytes(combine ? s.execution.precision.combine : s.execution.precision.dispatch, s.model.hidden);
  const ExchangeLayout layout{s.layout, s.machine.domain};
  const Gate gate = gate_of(s);
  const Placement placement = place_in_order(s.model, s.layout);
  const int count = draws(s);
  Seconds sum;
  for (int draw = 0; draw < count; ++draw) {
    const double tokens = s.load.requests_per_gpu();
    const std::uint64_t seed = s.seed + static_cast<std::uint64_t>(draw);
    const Exchange exchange = s.execution.routing.balanced()
                                  ? balanced_exchange(layout, gate, s.execution.routing, {tokens})
                                  : sampled_exchange(layout, Chooser::uniform(gate), placement, s.execution.routing,
                                                     {static_cast<int>(tokens)}, {seed, 0, 0});
    sum += simulate(alone(s, operation, exchange.traffic, copy, combine), s.network).step;
  }
  return sum / count;
}

/// What a benchmark of DeepEP's throughput kernels divides by the time: a copy for each node of each token, the own
/// node's too (tests/test_internode.py).
Bytes bytes_to_nodes(const Scenario& s, bool combine) {
  const Gate gate = gate_of(s);
  const int nodes = 1 + *std::max_element(s.machine.domain.begin(), s.machine.domain.end());
  const double copies =
      s.load.requests_per_gpu() * nodes * hit_probability(gate, static_cast<double>(gate.experts) / nodes);
  return copies * copy_bytes(combine ? s.execution.precision.combine : s.execution.precision.dispatch, s.model.hidden);
}

/// A dense collective among all GPUs: each sends the same to each other one. `bytes` is the whole buffer, as NCCL's
/// benchmarks count it.
Seconds time_dense(const Scenario& s, const std::string& operation, Bytes bytes) {
  const int gpus = s.layout.gpus;
  // A ring all-reduce is a reduce-scatter and an all-gather, each moving (n - 1) / n of the buffer.
  const double share = (operation == "all-reduce" ? 2.0 : 1.0) / gpus;
  const auto traffic = std::make_shared<const Traffic>(all_to_all(one_group(gpus), 1));
  return simulate(alone(s, operation == "all-to-all" ? "dispatch" : operation, traffic, bytes * share, false),
                  s.network)
      .step;
}

}  // namespace

void replay_collectives(const Config& config, Validation& validation) {
  const Tree base = config.at("scenario").tree();
  const std::string unit = config.choice_or("unit", {"us", "GB/s"}, "us");
  for (const auto& row : case_rows(config)) {
    const Scenario s = read_scenario(row.scenario(base), validation.name);
    const auto operation = row.cell("operation").as<std::string>();
    const bool exchange = operation == "dispatch" || operation == "combine";
    const Seconds time =
        exchange ? time_exchange(s, operation) : time_dense(s, operation, row.cell("bytes").as<Bytes>());
    Comparison comparison{row.label(), row.cell("measured").as_positive<double>(), time.value * 1e6, row.use()};
    if (unit == "GB/s") {
      const Bytes bytes = exchange ? bytes_to_nodes(s, operation == "combine") : row.cell("bytes").as<Bytes>();
      comparison.simulated = (bytes / time).value * 1e-9;
    }
    validation.rows.push_back(comparison);
  }
}

}  // namespace teapot

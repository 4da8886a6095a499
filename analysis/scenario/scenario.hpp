#pragma once
// Everything one run needs, read and checked: the only place where fabric, model and accelerator meet.
// Every mistake of the user ends here, as a ConfigError; what comes after cannot fail on input.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "analysis/scenario/libraries.hpp"
#include "analysis/scenario/part_reader.hpp"
#include "analysis/scenario/phase.hpp"
#include "analysis/scenario/replicas.hpp"
#include "platforms/accelerator.hpp"
#include "platforms/host.hpp"
#include "sim/engine.hpp"
#include "sim/network.hpp"
#include "workloads/layout/layout.hpp"
#include "workloads/load/load.hpp"
#include "workloads/model/model.hpp"
#include "workloads/step/execution.hpp"
#include "workloads/step/machine.hpp"
#include "workloads/step/speculation.hpp"

namespace teapot {

enum class ComputeDepth {
  modelled,          ///< roofline with fitted efficiencies
  measured,          ///< kernel tables where the accelerator has them, modelled elsewhere
  none,              ///< computing takes no time: what the network alone allows
  as_communication,  ///< each layer computes exactly as long as it communicates (paper, section 2.3.2)
};

struct Scenario {
  Phase phase = Phase::decode;
  std::string name;  ///< of its file, without folder and suffix
  Tree source;       ///< the scenario as written, with --set applied
  Model model;
  Accelerator accelerator;
  std::string fabric;  ///< name of the fabric, or of the platform file
  Network network;
  Layout layout;  ///< of what is simulated: one replica, where it stands for all
  Replicas replicas;
  Load load;  ///< of one step
  Execution execution;
  bool overlap_chosen = false;  ///< `overlap: auto`: the program's choice
  Speculation speculation;
  std::optional<HostPart> host;  ///< where anything lies on it
  Machine machine;
  std::string runtime;  ///< name of the serving stack
  Libraries libraries;  ///< of communication, by operation
  ComputeDepth compute = ComputeDepth::modelled;
  NetworkDepth depth = NetworkDepth::collective;
  std::uint64_t seed = 1;

  int gpus() const { return replicas.count * replicas.gpus; }  ///< of the whole deployment
  /// The mean over all GPUs, those that attend to none among them.
  double requests_per_any_gpu() const { return load.requests_per_gpu() * layout.attention_gpus() / layout.gpus; }
};

/// A scenario's YAML with `key=value` changes; the values of `sets` are YAML themselves.
Tree load_scenario_tree(const std::string& file, const std::vector<std::string>& sets = {});
/// Puts a value at a dotted key of a scenario, as set_path does; a key of a part that the scenario leaves at its
/// default (fabric.nodes without a fabric) changes that part.
void set_key(Tree& scenario, const std::string& key, const Tree& value);
using PutKey = void (*)(Tree& tree, const std::string& key, const Tree& value);
/// Puts `key=value` into a tree.
void apply_set(Tree& tree, const std::string& assignment, PutKey put = set_path);
/// Of a scenario by itself every misspelt key is said (Mistakes).
Scenario read_scenario(const Tree& tree, const std::string& name);
/// One of many: what they share is read once, and only the first mistake is said.
Scenario read_scenario(const Tree& tree, const std::string& name, PartReader& parts);
/// The scenario with the whole model, accelerator, fabric, runtime and communication library in place of their names;
/// reading it gives the same figures, on a machine without those files too.
Tree resolved(const Tree& tree);
Tree resolved(const Tree& tree, PartReader& parts);
Scenario load_scenario(const std::string& file, const std::vector<std::string>& sets = {});

}  // namespace teapot

#pragma once
// Everything a training step needs, read and checked: `phase: training`.
// Does not run anything.

#include <cstdint>
#include <map>
#include <string>

#include "analysis/scenario/part_reader.hpp"
#include "platforms/accelerator.hpp"
#include "sim/blocks.hpp"
#include "sim/network.hpp"
#include "workloads/model/model.hpp"
#include "workloads/step/machine.hpp"
#include "workloads/training/chunk_program.hpp"
#include "workloads/training/training.hpp"

namespace teapot {

/// A measured step to stand beside the simulated one.
struct PublishedStep {
  std::string source;
  std::map<std::string, double> figures;  ///< by name: step_s, 1F_s, tokens_per_day, ...
};

struct TrainingScenario {
  std::string name;
  Tree source;
  Model model;
  Accelerator accelerator;
  std::string fabric;
  Network network;
  Training training;
  Machine machine;
  std::string trainer;
  TrainerCost cost;
  std::string communication;
  PublishedStep published;
  Blocks groups = Blocks::alike;  ///< how the groups that exchange tokens or activations compare
  int group_gpus = 1;             ///< of each
  std::uint64_t seed = 1;

  int gpus() const { return training.layout.gpus; }
  /// GPUs on which a chunk is simulated: one group, where it stands for all.
  int simulated_gpus() const { return groups == Blocks::alike ? group_gpus : gpus(); }
};

/// Whether a scenario says `phase: training`.
bool trains(const Tree& scenario);

/// Throws ConfigError; DoesNotFit is said by the run, which knows the chunks.
TrainingScenario read_training_scenario(const Tree& tree, const std::string& name, PartReader& parts);
/// The same from a document under way; for what notes keys.
TrainingScenario read_training_scenario(const Config& config, const Tree& tree, PartReader& parts);
/// One by itself, of which every misspelt key is said.
TrainingScenario read_training_scenario(const Tree& tree, const std::string& name);

}  // namespace teapot

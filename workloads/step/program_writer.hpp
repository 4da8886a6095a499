#pragma once
// Appends operators to a program, with what the serving stack and the communication kernels add to each.
// Knows no model and no layer.

#include <memory>
#include <string>
#include <vector>

#include "sim/program.hpp"
#include "workloads/step/machine.hpp"

namespace teapot {

/// Whose pass an operator belongs to: the model's own, its prediction module's, or a draft model's.
enum class PassOf { model, prediction, draft };

/// Where an operator stands in the step.
struct Spot {
  PassOf of = PassOf::model;
  int layer = -1;
  int micro_batch = 0;
  Ranks on{};  ///< that run it; null: all
};

class ProgramWriter {
 public:
  /// `overlapped`: what computes meanwhile must make room for the send and receive kernels of a collective.
  /// `two_ways`: what goes back does not queue behind what is sent.
  ProgramWriter(const Machine& machine, int ranks, bool overlapped, bool two_ways = false);

  /// The next operator waits for everything before it.
  void barrier() { barrier_ = true; }
  void no_barrier() { barrier_ = false; }
  /// Index of the last operator; -1: none yet.
  int last() const { return static_cast<int>(program_.operators.size()) - 1; }

  int compute(const std::string& name, const Spot& spot, std::vector<int> after, Compute work,
              bool opens_layer = false);
  /// Work of the host's CPU, beside all that the GPU does.
  int host_compute(const std::string& name, const Spot& spot, std::vector<int> after, Compute work);
  /// Activations between a GPU and its host (`ahead`: what is fetched while others compute has a queue of its own).
  int copy(const std::string& name, const Spot& spot, std::vector<int> after, Collective work, bool ahead = false);
  /// `name` also says which of the machine's collectives it is.
  int collective(const std::string& name, const Spot& spot, std::vector<int> after, Collective work);
  /// Time of the host once a step on the compute stream, where the machine has any; `requests` of an attention group,
  /// of which there are `groups`, on the ranks `on`.
  void end_of_step(double requests, int groups, const Ranks& on);

  Program take() { return std::move(program_); }

 private:
  int add(Operator op);
  void classify(Collective& work, const std::string& name) const;

  const Machine& machine_;
  bool overlapped_;
  bool two_ways_;
  Program program_;
  std::vector<int> last_on_stream_;  // -1: none yet
  bool barrier_ = false;
};

/// Adds time to every rank, as a part of its own.
void add_part(Compute& work, const char* name, Seconds time);

}  // namespace teapot

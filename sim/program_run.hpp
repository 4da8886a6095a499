#pragma once
// A program under way: its operators and, at depth `collective`, their transfers on links.
// Knows no SimGrid: whoever drives it says how far time has come.

#include <functional>
#include <memory>
#include <vector>

#include "sim/engine.hpp"
#include "sim/executor.hpp"
#include "sim/fabric_model.hpp"

namespace teapot {

class ProgramRun {
 public:
  /// Program and network must outlive it. `facts`: as FabricModel's.
  ProgramRun(const Program& program, const Network& network, const SimulationOptions& options,
             std::function<void(double fraction)> report, std::shared_ptr<RouteFacts> facts = nullptr);

  void begin() { executor_.begin(); }
  /// When something happens next; `never` if nothing will by itself.
  double next_event() const;
  /// All that happens until then, each at its own time.
  void advance(double until);
  /// Depth `pair`: all of a rank's bytes of a collective are there.
  void arrived(int op, int rank, double now) { executor_.arrived(op, rank, now); }

  bool finished() const { return executor_.finished(); }
  /// Throws SimulationError where operators are left.
  Timeline take_timeline();
  /// What links carried, and when; depth `collective`.
  FabricModel& fabric() { return *fabric_; }

  std::function<void(int op, int rank)> send_pairs;  ///< depth `pair`

 private:
  void enter(int op, int rank, double now);

  const Program& program_;
  std::unique_ptr<FabricModel> fabric_;  // depth `collective`
  Executor executor_;
  std::vector<int> transfer_;     // by operator
  std::vector<int> operator_of_;  // by transfer
  std::vector<FabricModel::Arrival> arrivals_;
  std::function<void(double fraction)> report_;
};

}  // namespace teapot

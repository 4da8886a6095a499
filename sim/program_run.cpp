// Events of operators and of transfers in the order of their times.
// Does not know what drives it.

#include "sim/program_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sim/index.hpp"

namespace teapot {

ProgramRun::ProgramRun(const Program& program, const Network& network, const SimulationOptions& options,
                       std::function<void(double fraction)> report, std::shared_ptr<RouteFacts> facts)
    : program_(program),
      fabric_(options.network == NetworkDepth::collective
                  ? std::make_unique<FabricModel>(network, program, options.record_links, std::move(facts))
                  : nullptr),
      executor_(program, [this](int op, int rank, double now) { enter(op, rank, now); }),
      transfer_(program.operators.size(), -1),
      report_(std::move(report)) {}

double ProgramRun::next_event() const {
  return fabric_ ? std::min(executor_.next_event(), fabric_->next_event()) : executor_.next_event();
}

void ProgramRun::advance(double until) {
  for (double next = next_event(); next <= until; next = next_event()) {
    executor_.advance(next);
    if (fabric_) {
      arrivals_.clear();
      fabric_->advance(next, arrivals_);
      for (const auto& arrival : arrivals_)
        executor_.arrived(operator_of_[at(arrival.transfer)], arrival.rank, arrival.time);
    }
    report_(executor_.fraction_done());
  }
}

void ProgramRun::enter(int op, int rank, double now) {
  if (!fabric_) {
    send_pairs(op, rank);
    return;
  }
  if (transfer_[at(op)] < 0) {
    transfer_[at(op)] = fabric_->begin(program_.operators[at(op)]);
    operator_of_.push_back(op);
  }
  fabric_->enter(transfer_[at(op)], rank, now);
}

Timeline ProgramRun::take_timeline() {
  if (!finished())
    throw SimulationError(fmt::format("nothing can happen any more, and {} of the operators are left: {}",
                                      executor_.unfinished(), executor_.first_unfinished()));
  return executor_.take_timeline();
}

}  // namespace teapot

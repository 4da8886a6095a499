// The file that drives SimGrid: its clock and event loop run every simulation, its max-min solver those of depth
// `pair`. Does not know what operators mean.

#include "sim/engine.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <simgrid/kernel/resource/Model.hpp>
#include <simgrid/s4u.hpp>

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>
#include <utility>

#include "sim/engine_pairs.hpp"
#include "sim/executor.hpp"
#include "sim/fabric_model.hpp"
#include "sim/index.hpp"
#include "sim/isolated.hpp"

namespace teapot {
namespace {

namespace s4u = simgrid::s4u;

/// An XML platform in memory, as a path that SimGrid can open; SimGrid 3.32 and 4.0 agree on XML, not on how to build
/// zones from C++.
std::string in_memory_file(const std::string& xml) {
  const int fd = memfd_create("platform.xml", 0);
  if (fd < 0 || write(fd, xml.data(), xml.size()) != static_cast<ssize_t>(xml.size())) {
    throw SimulationError("cannot make a file in memory");
  }
  return fmt::format("/proc/self/fd/{}", fd);
}

/// Fluid max-min sharing without TCP's corrections: the defaults cost 25% on a small all-to-all, and full-duplex links
/// would lose 5% to acknowledgements. Events closer than surf/precision would be merged and end early.
s4u::Engine& start_engine() {
  static std::vector<std::string> arguments{"teapot",
                                            "--cfg=network/model:CM02",
                                            "--cfg=network/crosstraffic:0",
                                            "--cfg=network/TCP-gamma:1e30",
                                            "--cfg=surf/precision:1e-12",
                                            "--log=root.threshold:critical"};
  static std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  int count = static_cast<int>(pointers.size());
  return *new s4u::Engine(&count, pointers.data());  // lives as long as the child process
}

/// Tells the parent now and then how far the simulation is: ten times a second of real time.
class ProgressReport {
 public:
  explicit ProgressReport(Progress report) : report_(std::move(report)) {}
  void operator()(double fraction) {
    if (!report_ || ++calls_ % 1024 != 0) return;
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    report_(fraction);
  }

 private:
  Progress report_;
  unsigned calls_ = 0;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Our own resource model in SimGrid's event loop: operators and, at depth `collective`, transfers on links.
class ProgramModel : public simgrid::kernel::resource::Model {
 public:
  ProgramModel(const Program& program, const Network& network, const SimulationOptions& options, ProgressReport report)
      : Model("teapot"),
        fluid_(options.network == NetworkDepth::collective),
        fabric_(fluid_ ? std::make_unique<FabricModel>(network, program, options.record_links) : nullptr),
        executor_(program, [this](int op, int rank, double now) { enter(op, rank, now); }),
        program_(program),
        transfer_(program.operators.size(), -1),
        report_(std::move(report)) {}

  void begin() { executor_.begin(); }

  double next_occurring_event(double now) override {
    const double next = next_event();
    return next == never ? -1 : std::max(0.0, next - now);
  }

  void update_actions_state(double now, double /*delta*/) override {
    // SimGrid adds differences up; our events keep their own absolute times, so that rounding cannot drift.
    for (double next = next_event(); next <= now * (1 + 1e-14) + 1e-18; next = next_event()) {
      executor_.advance(next);
      if (fluid_) {
        arrivals_.clear();
        fabric_->advance(next, arrivals_);
        for (const auto& arrival : arrivals_)
          executor_.arrived(operator_of_[at(arrival.transfer)], arrival.rank, arrival.time);
      }
      report_(executor_.fraction_done());
    }
    tell_if_finished();
  }

  void arrived(int op, int rank, double now) {
    executor_.arrived(op, rank, now);
    tell_if_finished();
  }

  Executor& executor() { return executor_; }
  FabricModel& fabric() { return *fabric_; }

  std::function<void()> on_finished;
  std::function<void(int op, int rank)> send_pairs;  // depth `pair`

 private:
  void tell_if_finished() {
    if (executor_.finished() && on_finished) std::exchange(on_finished, nullptr)();
  }

  double next_event() { return std::min(executor_.next_event(), fluid_ ? fabric_->next_event() : never); }

  void enter(int op, int rank, double now) {
    if (!fluid_) {
      send_pairs(op, rank);
      return;
    }
    if (transfer_[at(op)] < 0) {
      transfer_[at(op)] = fabric_->begin(program_.operators[at(op)]);
      operator_of_.push_back(op);
    }
    fabric_->enter(transfer_[at(op)], rank, now);
  }

  bool fluid_;
  std::unique_ptr<FabricModel> fabric_;
  Executor executor_;
  const Program& program_;
  std::vector<int> transfer_;     // by operator
  std::vector<int> operator_of_;  // by transfer
  std::vector<FabricModel::Arrival> arrivals_;
  ProgressReport report_;
};

/// Whole vectors are written from where they are: a timeline of 16,384 ranks has 500 MB.
void encode(const Timeline& timeline, const Write& write) {
  const auto value = [&](const auto& v) { write({reinterpret_cast<const char*>(&v), sizeof v}); };
  const auto vector = [&](const auto& values) {
    value(values.size());
    write({reinterpret_cast<const char*>(values.data()), values.size() * sizeof values[0]});
  };
  value(timeline.ranks);
  value(timeline.operators);
  vector(timeline.start_s);
  vector(timeline.end_s);
  vector(timeline.links);
  value(timeline.busy.size());
  for (const auto& busy : timeline.busy) vector(busy);
  value(timeline.step);
  value(timeline.collectives);
  value(timeline.events);
}

Timeline decode(std::string_view bytes) {
  ByteReader in{bytes};
  Timeline timeline;
  timeline.ranks = in.read<int>();
  timeline.operators = in.read<int>();
  timeline.start_s = in.read_vector<double>();
  timeline.end_s = in.read_vector<double>();
  timeline.links = in.read_vector<LinkUse>();
  timeline.busy.resize(in.read<std::size_t>());
  for (auto& busy : timeline.busy) busy = in.read_vector<BusyInterval>();
  timeline.step = in.read<Seconds>();
  timeline.collectives = in.read<std::int64_t>();
  timeline.events = in.read<std::int64_t>();
  return timeline;
}

Timeline run(const Program& program, const Network& network, const SimulationOptions& options, const Progress& report) {
  const bool fluid = options.network == NetworkDepth::collective;
  auto& engine = start_engine();
  std::unique_ptr<PairNetwork> pairs;
  if (!fluid) pairs = std::make_unique<PairNetwork>(program, network, options.record_links);
  engine.load_platform(
      in_memory_file(fluid ? PairNetwork::platform_of("<host id=\"rank-0\" speed=\"1Gf\"/>\n") : pairs->platform()));
  const auto model = std::make_shared<ProgramModel>(program, network, options, ProgressReport{report});
  engine.add_model(model);
  bool deadlock = false;
  s4u::Engine::on_deadlock_cb([&deadlock] { deadlock = true; });  // run() would return as if all were well

  // The conductor keeps SimGrid running until the last operator is done; if nothing can happen any more, it deadlocks.
  auto finished = s4u::Semaphore::create(0);
  model->on_finished = [finished] { finished->release(); };
  if (pairs) {
    pairs->start([&model](int op, int rank, double now) { model->arrived(op, rank, now); });
    model->send_pairs = [&pairs](int op, int rank) { pairs->enter(op, rank); };
  }
  start_actor("conductor", s4u::Host::by_name("rank-0"), [&] {
    model->begin();
    if (!model->executor().finished()) finished->acquire();
  });
  engine.run();
  if (deadlock || !model->executor().finished()) {
    throw SimulationError(fmt::format("nothing can happen any more, and {} of the operators are left: {}",
                                      model->executor().unfinished(), model->executor().first_unfinished()));
  }
  Timeline timeline = model->executor().take_timeline();
  timeline.links = fluid ? model->fabric().use() : pairs->use();
  timeline.busy = fluid ? model->fabric().take_busy() : pairs->take_busy();
  timeline.collectives = std::count_if(program.operators.begin(), program.operators.end(),
                                       [](const Operator& op) { return std::holds_alternative<Collective>(op.work); });
  return timeline;
}

}  // namespace

Timeline simulate(const Program& program, const Network& network, const SimulationOptions& options) {
  assert(program.ranks <= network.ranks());
  try {
    Timeline timeline;
    isolated_pieces(
        [&](const Progress& report, const Write& write) { encode(run(program, network, options, report), write); },
        [&](std::string_view bytes) { timeline = decode(bytes); }, options.progress);
    return timeline;
  } catch (const ChildKilled& e) {
    throw SimulationKilled(std::string{"the simulation could not finish: "} + e.what());
  } catch (const ChildDied& e) {
    throw SimulationError(std::string{"the simulation could not finish: "} + e.what());
  }
}

}  // namespace teapot

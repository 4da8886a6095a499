// The file that drives SimGrid: its clock and event loop run every simulation, its max-min solver those of depth
// `pair`. Does not know what operators mean.

#include "sim/engine.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <simgrid/kernel/resource/Model.hpp>
#include <simgrid/s4u.hpp>

#include <simgrid/version.h>  // needs macros of the one before

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cmath>
#include <csignal>
#include <utility>

#include "sim/engine_pairs.hpp"
#include "sim/isolated.hpp"
#include "sim/program_run.hpp"

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

/// How far SimGrid's clock goes at once where nothing but the program's own events can happen: asking it for each of
/// them takes a seventh of a step of EP 64, and a step has about 500 such strides.
constexpr double stride_s = 100e-6;

/// Our own resource model in SimGrid's event loop. Programs run one after another under one clock, which never goes
/// back: each counts its time from where it began.
class ProgramClock : public simgrid::kernel::resource::Model {
 public:
  ProgramClock() : Model("teapot") {}

  /// `ended` is called once it has finished, or (depth `collective`, without pairs) nothing can happen any more.
  void follow(ProgramRun& run, PairNetwork* pairs, std::function<void()> ended) {
    run_ = &run;
    pairs_ = pairs;
    ended_ = std::move(ended);
    begin_s_ = s4u::Engine::get_clock();
  }
  void leave() { run_ = nullptr; }

  double next_occurring_event(double now) override {
    double next = run_ != nullptr ? run_->next_event() : never;
    if (run_ != nullptr && pairs_ != nullptr) next = std::min(next, pairs_->next_event(now - begin_s_));
    return next == never ? -1 : std::max(0.0, next - (now - begin_s_)) + (pairs_ == nullptr ? stride_s : 0);
  }

  void update_actions_state(double now, double /*delta*/) override {
    if (run_ == nullptr) return;
    if (pairs_ != nullptr) pairs_->advance(now - begin_s_);
    // SimGrid adds differences up; our events keep their own absolute times, so that rounding cannot drift: which of
    // its calls handles an event of ours does not matter.
    run_->advance((now - begin_s_) * (1 + 1e-14) + 1e-18 + begin_s_ * 1e-14);
    tell_if_ended();
  }

  void tell_if_ended() {
    const bool ended = run_->finished() || (pairs_ == nullptr && run_->next_event() == never);
    if (ended && ended_) std::exchange(ended_, nullptr)();
  }

 private:
  ProgramRun* run_ = nullptr;
  PairNetwork* pairs_ = nullptr;
  std::function<void()> ended_;
  double begin_s_ = 0;
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

constexpr const char* one_host =
    "<zone id=\"cluster\" routing=\"Full\">\n<host id=\"rank-0\" speed=\"1Gf\"/>\n</zone>\n";

std::string platform_of(const std::string& zone) {
  return "<?xml version=\"1.0\"?>\n<!DOCTYPE platform SYSTEM \"https://simgrid.org/simgrid.dtd\">\n"
         "<platform version=\"4.1\">\n" +
         zone + "</platform>\n";
}

/// Actors are made by the engine from SimGrid 4.0 on.
template <class F>
void start_actor(const std::string& name, s4u::Host* host, F&& body) {
#if SIMGRID_VERSION >= 40000
  s4u::Engine::get_instance()->add_actor(name, host, std::function<void()>(std::forward<F>(body)));
#else
  s4u::Actor::create(name, host, std::forward<F>(body));
#endif
}

/// SimGrid's engine of this process with our clock in it. It is never taken down: it lives as long as the process.
std::shared_ptr<ProgramClock> start_clock(const std::string& platform) {
  auto& engine = start_engine();
  engine.load_platform(in_memory_file(platform));
  auto clock = std::make_shared<ProgramClock>();
  engine.add_model(clock);
  return clock;
}

/// Runs it to its end, or until nothing can happen any more.
void drive(ProgramClock& clock, ProgramRun& run, PairNetwork* pairs) {
  // The conductor keeps SimGrid running until the last operator is done.
  const auto ended = s4u::Semaphore::create(0);
  clock.follow(run, pairs, [ended] { ended->release(); });
  start_actor("conductor", s4u::Host::by_name("rank-0"), [&] {
    run.begin();
    clock.tell_if_ended();
    ended->acquire();
  });
  s4u::Engine::get_instance()->run();
  clock.leave();
}

/// Depth `collective`.
Timeline run_fluid(ProgramClock& clock, const Program& program, const Network& network,
                   const SimulationOptions& options, const Progress& report,
                   std::shared_ptr<RouteFacts> facts = nullptr) {
  ProgramRun run{program, network, options, ProgressReport{report}, std::move(facts)};
  drive(clock, run, nullptr);
  Timeline timeline = run.take_timeline();
  timeline.links = run.fabric().use();
  timeline.busy = run.fabric().take_busy();
  timeline.collectives = collectives_of(program);
  return timeline;
}

Timeline run_pairs(const Program& program, const Network& network, const SimulationOptions& options,
                   const Progress& report) {
  PairNetwork pairs{program, network, options.record_links};
  const auto clock = start_clock(platform_of(pairs.platform()));
  ProgramRun run{program, network, options, ProgressReport{report}};
  pairs.start([&](int op, int rank, double now) { run.arrived(op, rank, now); });
  run.send_pairs = [&](int op, int rank) { pairs.enter(op, rank, s4u::Engine::get_clock()); };
  s4u::Engine::on_deadlock_cb([] {});  // run() returns, and operators are left
  drive(*clock, run, &pairs);
  Timeline timeline = run.take_timeline();
  timeline.links = pairs.use();
  timeline.busy = pairs.take_busy();
  timeline.collectives = collectives_of(program);
  return timeline;
}

Timeline run(const Program& program, const Network& network, const SimulationOptions& options, const Progress& report) {
  if (options.network == NetworkDepth::pair) return run_pairs(program, network, options, report);
  return run_fluid(*start_clock(platform_of(one_host)), program, network, options, report);
}

Timeline in_child(const Program& program, const Network& network, const SimulationOptions& options) {
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

/// The engine of a process that simulates by itself.
struct OwnEngine {
  bool wanted = false;
  bool spoilt = false;  // an exception went through SimGrid
  std::shared_ptr<ProgramClock> clock;
  KnownRoutes known;
};
OwnEngine own_engine;

/// SimGrid takes Ctrl-C and crashes for itself; what this process does about them stays as it is.
std::shared_ptr<ProgramClock> start_own_clock() {
  struct sigaction interrupt {
  }, crash{};
  sigaction(SIGINT, nullptr, &interrupt);
  sigaction(SIGSEGV, nullptr, &crash);
  auto clock = start_clock(platform_of(one_host));
  sigaction(SIGINT, &interrupt, nullptr);
  sigaction(SIGSEGV, &crash, nullptr);
  return clock;
}

Timeline in_this_process(const Program& program, const Network& network, const SimulationOptions& options) {
  if (own_engine.spoilt) throw SimulationKilled("the engine of this process has failed before");
  if (!own_engine.clock) own_engine.clock = start_own_clock();
  own_engine.spoilt = true;
  try {
    Timeline timeline = run_fluid(*own_engine.clock, program, network, options, options.progress,
                                  own_engine.known.of(network, program));
    own_engine.spoilt = false;
    return timeline;
  } catch (const SimulationError& e) {  // it came to a halt, as a child's would
    own_engine.spoilt = false;
    throw SimulationError(std::string{"the simulation could not finish: "} + e.what());
  } catch (const std::exception& e) {
    throw SimulationKilled(std::string{"the engine of this process has failed: "} + e.what());
  }
}

}  // namespace

void keep_engine() { own_engine.wanted = true; }

Timeline simulate(const Program& program, const Network& network, const SimulationOptions& options) {
  assert(program.ranks <= network.ranks());
  if (own_engine.wanted && options.network == NetworkDepth::collective)
    return in_this_process(program, network, options);
  if (own_engine.clock) throw SimulationKilled("a process with an engine cannot start another one");
  return in_child(program, network, options);
}

}  // namespace teapot

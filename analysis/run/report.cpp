// Sums a timeline up.
// Does not print.

#include "analysis/run/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <string_view>
#include <unordered_map>

#include "analysis/run/intervals.hpp"
#include "analysis/run/sides.hpp"
#include "sim/engine.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

/// A collective under way, on one rank.
struct Flight {
  BusyInterval time;
  int name;  // index into Report::operators
};

/// Of the time of `collectives` (sorted by begin) outside of `computing`, the part of each: where two are in flight the
/// one that began first is waited for.
double expose(const std::vector<Flight>& collectives, const std::vector<BusyInterval>& computing,
              std::vector<double>& by_name) {
  double exposed = 0;
  double covered = 0;  // everything before this time has been given to a collective already
  std::size_t c = 0;
  for (const auto& flight : collectives) {
    double from = std::max(flight.time.begin_s, covered);
    while (c > 0 && computing[c - 1].end_s > from) --c;
    while (c < computing.size() && computing[c].end_s <= from) ++c;
    for (std::size_t i = c; from < flight.time.end_s; ++i) {
      const double busy_from =
          i < computing.size() ? std::min(computing[i].begin_s, flight.time.end_s) : flight.time.end_s;
      if (busy_from > from) {
        by_name[at(flight.name)] += busy_from - from;
        exposed += busy_from - from;
      }
      if (i >= computing.size()) break;
      from = std::max(from, computing[i].end_s);
    }
    covered = std::max(covered, flight.time.end_s);
  }
  return exposed;
}

/// The ranks that run anything of a name.
struct Runners {
  std::vector<char> runs;  // by rank
  int count = 0;

  void add(const Operator& op, int ranks) {
    runs.resize(at(ranks), 0);
    for (int rank = 0; count < ranks && rank < ranks; ++rank) {
      if (runs[at(rank)] || !op.runs_on(rank)) continue;
      runs[at(rank)] = 1;
      ++count;
    }
  }
};

int run_by(const Operator& op, int ranks) { return op.on ? op.on->size() : ranks; }

std::vector<KernelPart> kernel_times(const Program& program) {
  std::vector<KernelPart> kernels;
  std::unordered_map<std::string_view, std::size_t> index;  // names are the program's
  std::vector<Runners> runners;
  const auto each_part = [&](auto&& f) {
    for (const auto& op : program.operators) {
      const auto* compute = std::get_if<Compute>(&op.work);
      if (compute == nullptr) continue;
      for (const auto& part : compute->parts) f(op, part);
    }
  };
  std::vector<std::size_t> kernel_of;  // by part, in the order of each_part
  each_part([&](const Operator& op, const KernelPart& part) {
    const auto [found, is_new] = index.emplace(part.name, kernels.size());
    if (is_new) {
      kernels.push_back(part);
      kernels.back().time = {};
      runners.emplace_back();
    }
    runners[found->second].add(op, program.ranks);
    kernel_of.push_back(found->second);
  });
  auto next = kernel_of.begin();
  each_part([&](const Operator& op, const KernelPart& part) {
    const std::size_t kernel = *next++;
    const double share = static_cast<double>(run_by(op, program.ranks)) / runners[kernel].count;
    kernels[kernel].time += share * part.time;
  });
  return kernels;
}

/// Seconds that the rank which computed longest did so, on its GPU or its host's CPUs, and which it was.
struct Busiest {
  double seconds = 0;
  int rank = 0;

  void see(double own, int of) {
    if (own > seconds) *this = {own, of};
  }
};

std::vector<ResourceUse> resource_use(const Network& network, const Timeline& timeline, const Busiest& gpu,
                                      const Busiest& cpu) {
  std::map<std::string, ResourceUse> by_tier;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    const double use = timeline.links[l].busy / timeline.step;
    ResourceUse& tier = by_tier[network.links[l].tier];
    if (use > tier.use) tier = {network.links[l].tier, network.links[l].name, use};
  }
  const auto computing = [&](const char* kind, const Busiest& busiest) {
    return ResourceUse{kind, network.nodes[at(network.gpus[at(busiest.rank)])].name,
                       Seconds{busiest.seconds} / timeline.step};
  };
  std::vector<ResourceUse> resources{computing("compute", gpu)};
  if (cpu.seconds > 0) resources.push_back(computing("CPU", cpu));
  for (const auto& [tier, use] : by_tier) {
    if (use.use > 0) resources.push_back(use);
  }
  std::stable_sort(resources.begin(), resources.end(), [](const auto& a, const auto& b) { return a.use > b.use; });
  return resources;
}

/// Operators of a program by name: which entry of Report::operators each is, and who ran it.
struct Named {
  std::vector<int> entry;          // by operator
  std::vector<Runners> runners;    // by name
  std::vector<std::int64_t> runs;  // by name: operators times the ranks that ran them
  std::vector<bool> on_cpu;        // by operator: the host computes it
};

Named operators_by_name(const Program& program, Report& r) {
  Named named;
  std::map<std::string, int> names;
  std::set<int> layers;
  for (const Operator& o : program.operators) {
    const auto [found, is_new] = names.emplace(o.name, static_cast<int>(r.operators.size()));
    if (is_new) {
      const auto* collective = std::get_if<Collective>(&o.work);
      const std::string library = collective != nullptr ? collective->library : std::string{};
      r.operators.push_back({o.name, collective != nullptr, o.operation_name(), library, 0, {}, {}, {}});
      named.runners.emplace_back();
      named.runs.push_back(0);
    }
    named.entry.push_back(found->second);
    named.on_cpu.push_back(at(o.stream) < program.streams.size() && program.streams[at(o.stream)] == "host");
    named.runners[at(found->second)].add(o, program.ranks);
    named.runs[at(found->second)] += run_by(o, program.ranks);
    if (o.layer >= 0) layers.insert(o.layer);
  }
  r.layers = static_cast<int>(layers.size());
  return named;
}

/// Seconds summed over ranks.
struct Sums {
  explicit Sums(std::size_t names) : busy(names), exposed(names) {}

  std::vector<double> busy, exposed;  // by name
  double compute = 0, communication = 0, exposed_all = 0;
  Busiest gpu, cpu;

  /// Ranks from the first to before the second.
  void add(const Timeline& timeline, int from, int beyond, const Named& named, std::vector<OperatorTime>& operators) {
    for (int first = from; first < beyond; first += together) {
      gather(first, std::min(beyond - first, together), timeline);
      for (int rank = first; rank < std::min(beyond, first + together); ++rank)
        add_rank(rank, ran_[at(rank - first)], named, operators);
    }
  }

 private:
  struct Ran {
    BusyInterval time;
    int op;
  };
  static constexpr int together = 8;  // ranks whose times of an operator share a cache line

  void gather(int first, int count, const Timeline& timeline) {
    for (auto& of_rank : ran_) of_rank.clear();
    for (int op = 0; op < timeline.operators; ++op) {
      for (int r = 0; r < count; ++r) {
        if (timeline.ran(op, first + r))
          ran_[at(r)].push_back({{timeline.start(op, first + r).value, timeline.end(op, first + r).value}, op});
      }
    }
  }

  void add_rank(int rank, const std::vector<Ran>& ran, const Named& named, std::vector<OperatorTime>& operators) {
    computing_.clear();
    on_cpu_.clear();
    flights_.clear();
    for (const auto& [time, op] : ran) {
      const int name = named.entry[at(op)];
      OperatorTime& kind = operators[at(name)];
      busy[at(name)] += time.end_s - time.begin_s;
      kind.longest = std::max(kind.longest, Seconds{time.end_s - time.begin_s});
      if (kind.communication) {
        flights_.push_back({time, name});
      } else {
        (named.on_cpu[at(op)] ? on_cpu_ : computing_).push_back(time);
      }
    }
    sort_by_begin(computing_);
    std::vector<BusyInterval> busy_computing = merged(computing_);
    gpu.see(length_s(busy_computing), rank);
    if (!on_cpu_.empty()) {
      sort_by_begin(on_cpu_);
      cpu.see(length_s(merged(on_cpu_)), rank);
      computing_.insert(computing_.end(), on_cpu_.begin(), on_cpu_.end());
      sort_by_begin(computing_);
      busy_computing = merged(computing_);
    }
    add_exposed(busy_computing);
  }

  static double begin_of(const BusyInterval& time) { return time.begin_s; }
  static double begin_of(const Flight& flight) { return flight.time.begin_s; }
  /// What one stream ran is in order already.
  static void sort_by_begin(auto& times) {
    const auto by_begin = [](const auto& a, const auto& b) { return begin_of(a) < begin_of(b); };
    if (!std::is_sorted(times.begin(), times.end(), by_begin)) std::stable_sort(times.begin(), times.end(), by_begin);
  }

  void add_exposed(const std::vector<BusyInterval>& busy_computing) {
    sort_by_begin(flights_);
    flying_.clear();
    for (const auto& flight : flights_) flying_.push_back(flight.time);
    const double own = length_s(busy_computing);
    compute += own;
    communication += length_s(merged(flying_));
    exposed_all += expose(flights_, busy_computing, exposed);
  }

  std::array<std::vector<Ran>, together> ran_;
  std::vector<BusyInterval> computing_, on_cpu_, flying_;  // of one rank; kept for their memory
  std::vector<Flight> flights_;
};

void take_means(const Sums& sums, const Named& named, double ranks, Report& r) {
  for (std::size_t i = 0; i < r.operators.size(); ++i) {
    const int of = std::max(1, named.runners[i].count);
    r.operators[i].count = static_cast<int>((named.runs[i] + of / 2) / of);
    r.operators[i].busy = {sums.busy[i] / of};
    r.operators[i].exposed = {sums.exposed[i] / of};
  }
  r.compute = {sums.compute / ranks};
  r.communication = {sums.communication / ranks};
  r.exposed = {sums.exposed_all / ranks};
}

void take_rates(const Scenario& scenario, Report& r) {
  r.tokens_per_step = scenario.speculation.tokens_per_step;
  r.tpot = r.step / r.tokens_per_step;
  r.tokens_per_s_per_user = 1 / r.tpot.value;
  r.tokens_per_s_per_gpu = scenario.requests_per_any_gpu() / r.tpot.value;
  if (scenario.phase == Phase::prefill) r.tokens_per_s_per_gpu = scenario.load.new_tokens_per_gpu() / r.step.value;
  const bool figures = std::isfinite(r.tpot.value) && r.tpot > Seconds{} && std::isfinite(r.tokens_per_s_per_gpu);
  if (!figures)
    throw SimulationError(fmt::format("{}: no figure comes out: a step of {} for {:g} tokens of each request",
                                      scenario.name, to_text(r.step), r.tokens_per_step));
}

}  // namespace

Report report(const Scenario& scenario, const Program& program, const Timeline& timeline) {
  Report r;
  const Named named = operators_by_name(program, r);
  Sums sums(r.operators.size());
  const int split = scenario.layout.apart() ? scenario.layout.attention_gpus() : timeline.ranks;
  for (const auto& [first, beyond] : {std::pair{0, split}, std::pair{split, timeline.ranks}}) {
    sums.add(timeline, first, beyond, named, r.operators);
    if (scenario.layout.apart()) add_side({sums.compute}, {sums.exposed_all}, beyond, timeline.step, r.sides);
  }
  take_means(sums, named, timeline.ranks, r);
  r.step = timeline.step;
  r.idle = std::max(Seconds{}, r.step - r.compute - r.exposed);  // below zero by rounding only
  r.overlap_fraction = r.communication.value > 0 ? 1 - r.exposed / r.communication : 0;
  take_rates(scenario, r);
  r.kernels = kernel_times(program);
  r.resources = resource_use(scenario.network, timeline, sums.gpu, sums.cpu);
  return r;
}

}  // namespace teapot

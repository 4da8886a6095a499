// Picks what was selected and finds who sent to whom.
// Knows no file format.

#include "analysis/output/trace/events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "analysis/output/trace/fabric_counters.hpp"
#include "sim/config.hpp"
#include "sim/index.hpp"

namespace teapot {
namespace {

// With more GPUs an arrow from every sender would make more arrows than slices.
constexpr std::size_t most_senders = 16;

std::vector<int> selected_gpus(const TraceSelection& selection, int ranks) {
  std::vector<int> gpus = selection.gpus;
  if (gpus.empty()) {
    for (int r = 0; r < std::min(ranks, 8); ++r) gpus.push_back(r);
  }
  std::sort(gpus.begin(), gpus.end());
  gpus.erase(std::unique(gpus.begin(), gpus.end()), gpus.end());
  if (gpus.front() < 0 || gpus.back() >= ranks) {
    throw ConfigError(fmt::format("trace: there is no GPU {} (allowed: 0 to {})",
                                  gpus.front() < 0 ? gpus.front() : gpus.back(), ranks - 1));
  }
  return gpus;
}

bool sends(const Collective& collective, int from, int to) {
  return collective.reversed ? collective.traffic->copies(to, from) > 0 : collective.traffic->copies(from, to) > 0;
}

/// Copies out of and into each rank, for each traffic matrix.
class Totals {
 public:
  struct Both {
    std::vector<double> out, in;
  };
  const Both& of(const Traffic& traffic) {
    Both& both = known_[&traffic];
    if (!both.out.empty()) return both;
    both.out.assign(at(traffic.ranks), 0);
    both.in.assign(at(traffic.ranks), 0);
    for (int r = 0; r < traffic.ranks; ++r) {
      traffic.for_each_receiver(r, [&](int d, double copies) {
        both.out[at(r)] += copies;
        both.in[at(d)] += copies;
      });
    }
    return both;
  }

 private:
  std::map<const Traffic*, Both> known_;
};

/// The later operators that wait for each one.
std::vector<std::vector<int>> waiters_of(const Program& program) {
  std::vector<std::vector<int>> waiters(program.operators.size());
  for (std::size_t op = 0; op < program.operators.size(); ++op) {
    for (const int earlier : program.operators[op].after) waiters[at(earlier)].push_back(static_cast<int>(op));
  }
  return waiters;
}

/// The first of them that the rank ran, or -1.
int first_run(const std::vector<int>& waiters, const Timeline& timeline, int rank) {
  const auto found = std::find_if(waiters.begin(), waiters.end(), [&](int op) { return timeline.ran(op, rank); });
  return found == waiters.end() ? -1 : *found;
}

/// A track for each stream; where a step has few micro-batches, one for each of them on each stream.
class Tracks {
 public:
  explicit Tracks(const Program& program) : streams_(program.streams) {
    std::set<int> batches;
    for (const auto& op : program.operators) batches.insert(op.micro_batch);
    constexpr std::size_t most = 8;
    if (batches.size() > 1 && batches.size() <= most) batches_.assign(batches.begin(), batches.end());
  }
  int of(const Operator& op) const {
    if (batches_.empty()) return op.stream;
    const auto own = std::find(batches_.begin(), batches_.end(), op.micro_batch) - batches_.begin();
    return op.stream * static_cast<int>(batches_.size()) + static_cast<int>(own);
  }
  std::vector<std::string> names() const {
    if (batches_.empty()) return streams_;
    std::vector<std::string> names;
    for (const auto& stream : streams_) {
      for (const int batch : batches_) names.push_back(fmt::format("{}, micro-batch {}", stream, batch));
    }
    return names;
  }

 private:
  std::vector<std::string> streams_;
  std::vector<int> batches_;  // none: streams are the tracks
};

/// What one operator did on one GPU.
TraceSlice one_slice(const Program& program, const Timeline& timeline, int op, int gpu, int track, Totals& totals) {
  TraceSlice slice;
  slice.gpu = gpu;
  slice.op = op;
  slice.track = track;
  slice.begin_s = timeline.start(op, gpu).value;
  slice.end_s = timeline.end(op, gpu).value;
  if (const auto* collective = std::get_if<Collective>(&program.operators[at(op)].work)) {
    const auto& both = totals.of(*collective->traffic);
    const double bytes = collective->bytes_per_copy.value;
    slice.sent_bytes = (collective->reversed ? both.in : both.out)[at(gpu)] * bytes;
    slice.received_bytes = (collective->reversed ? both.out : both.in)[at(gpu)] * bytes;
  }
  return slice;
}

void add_slices(TraceEvents& events, const Program& program, const Timeline& timeline,
                const TraceSelection& selection) {
  Totals totals;
  const Tracks tracks{program};
  events.tracks = tracks.names();
  for (const int gpu : events.gpus) {
    for (int stream = 0; stream < static_cast<int>(program.streams.size()); ++stream) {
      for (int op = 0; op < timeline.operators; ++op) {
        const Operator& o = program.operators[at(op)];
        const bool wanted = o.stream == stream && o.layer >= selection.first_layer && o.layer <= selection.last_layer;
        if (!wanted || !timeline.ran(op, gpu)) continue;
        if (timeline.end(op, gpu) < selection.from || timeline.start(op, gpu) > selection.to) continue;
        events.slices.push_back(one_slice(program, timeline, op, gpu, tracks.of(o), totals));
      }
    }
  }
}

void add_arrows(TraceEvents& events, const Program& program, const Timeline& timeline) {
  std::map<std::pair<int, int>, std::size_t> slice_of;  // by operator and rank
  for (std::size_t i = 0; i < events.slices.size(); ++i) {
    slice_of[{events.slices[i].op, events.slices[i].gpu}] = i;
  }
  const auto waiters = waiters_of(program);
  std::uint64_t number = 0;
  for (int op = 0; op < timeline.operators; ++op) {
    const auto* collective = std::get_if<Collective>(&program.operators[at(op)].work);
    if (collective == nullptr) continue;
    for (const int receiver : events.gpus) {
      const auto waiter = slice_of.find({first_run(waiters[at(op)], timeline, receiver), receiver});
      if (waiter == slice_of.end()) continue;
      std::vector<int> senders;
      for (const int sender : events.gpus) {
        if (!slice_of.contains({op, sender})) continue;
        if (sender == receiver || sends(*collective, sender, receiver)) senders.push_back(sender);
      }
      if (events.gpus.size() > most_senders && !senders.empty()) {
        senders = {*std::max_element(senders.begin(), senders.end(),
                                     [&](int a, int b) { return timeline.start(op, a) < timeline.start(op, b); })};
      }
      for (const int sender : senders) {
        ++number;
        events.slices[slice_of.at({op, sender})].arrows_out.push_back(number);
        events.slices[waiter->second].arrows_in.push_back(number);
      }
    }
  }
}

/// The time that a trace's counters cover: all of the step, or what the selected slices span.
std::pair<double, double> window_of(const TraceEvents& events) {
  double from = std::numeric_limits<double>::infinity();
  double to = 0;
  for (const auto& slice : events.slices) {
    from = std::min(from, slice.begin_s);
    to = std::max(to, slice.end_s);
  }
  return {from, to};
}

void add_memory_counters(TraceEvents& events, const Program& program, BytesPerSecond bandwidth) {
  const bool percent = bandwidth > BytesPerSecond{};
  for (const int gpu : events.gpus) {
    TraceCounter counter{gpu, "HBM", percent ? "%" : "GB/s", {}};
    for (const auto& slice : events.slices) {
      const auto* compute = std::get_if<Compute>(&program.operators[at(slice.op)].work);
      if (slice.gpu != gpu || compute == nullptr || slice.end_s <= slice.begin_s) continue;
      const double rate = compute->bytes.value / (slice.end_s - slice.begin_s);
      const double value = percent ? 100 * rate / bandwidth.value : rate / 1e9;
      if (!counter.points.empty() && counter.points.back().first >= slice.begin_s) counter.points.pop_back();
      counter.points.emplace_back(slice.begin_s, value);
      counter.points.emplace_back(slice.end_s, 0.0);
    }
    if (!counter.points.empty()) events.counters.push_back(std::move(counter));
  }
}

void add_link_counters(TraceEvents& events, const Timeline& timeline, const Network& network) {
  const auto [from, to] = window_of(events);
  for (const int gpu : events.gpus) {
    for (const int link : own_links(network, gpu)) {
      TraceCounter counter{gpu, network.links[at(link)].name, "%", busy_points(timeline.busy[at(link)], from, to)};
      if (!counter.points.empty()) events.counters.push_back(std::move(counter));
    }
  }
}

}  // namespace

std::vector<int> own_links(const Network& network, int gpu) {
  const int own = network.gpus[at(gpu)];
  std::vector<char> near(network.nodes.size());
  near[at(own)] = 1;
  for (int round = 0; round < 2; ++round) {
    for (const Link& link : network.links) {
      const auto& role = network.nodes[at(link.to)].role;
      if (near[at(link.from)] && (role == "pcie" || role == "nic")) near[at(link.to)] = 1;
    }
  }
  std::vector<int> links;
  for (std::size_t l = 0; l < network.links.size(); ++l) {
    if (near[at(network.links[l].from)] || near[at(network.links[l].to)]) links.push_back(static_cast<int>(l));
  }
  return links;
}

TraceEvents trace_events(const Program& program, const Timeline& timeline, const Network& network,
                         const TraceSelection& selection) {
  TraceEvents events;
  events.gpus = selected_gpus(selection, timeline.ranks);
  for (const int gpu : events.gpus) {
    events.gpu_names.push_back(fmt::format("GPU {} ({})", gpu, network.nodes[at(network.gpus[at(gpu)])].name));
  }
  add_slices(events, program, timeline, selection);
  add_arrows(events, program, timeline);
  if (selection.counters && !events.slices.empty()) {
    add_memory_counters(events, program, selection.memory_bandwidth);
    if (!timeline.busy.empty()) {
      add_link_counters(events, timeline, network);
      const auto [from, to] = window_of(events);
      events.fabric = fabric_counters(timeline, network, from, to);
    }
  }
  return events;
}

std::string slice_name(const Operator& op) {
  return op.layer < 0 ? op.name : fmt::format("{} L{} b{}", op.name, op.layer, op.micro_batch);
}

std::vector<TraceArgument> slice_arguments(const Operator& op, const TraceSlice& slice) {
  std::vector<TraceArgument> arguments;
  if (op.layer >= 0) {
    arguments.push_back({"layer", std::int64_t{op.layer}});
    arguments.push_back({"micro_batch", std::int64_t{op.micro_batch}});
  }
  if (const auto* compute = std::get_if<Compute>(&op.work)) {
    arguments.push_back({"flops", compute->flops.value});
    arguments.push_back({"hbm_bytes", compute->bytes.value});
    for (const auto& part : compute->parts) {
      arguments.push_back({part.name, fmt::format("{} ({})", to_text(part.time), to_text(part.provenance))});
    }
  } else {
    const auto& collective = std::get<Collective>(op.work);
    arguments.push_back({"sent_bytes", slice.sent_bytes});
    arguments.push_back({"received_bytes", slice.received_bytes});
    arguments.push_back({"overhead_us", collective.overhead.value * 1e6});
  }
  return arguments;
}

}  // namespace teapot

// Caches put beside a step: streams of their own from the GPUs that send them.
// Knows no requests and no clock.

#include "analysis/serving/contended_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "analysis/output/digest.hpp"
#include "analysis/output/output_file.hpp"
#include "analysis/run/run.hpp"
#include "sim/random.hpp"

namespace teapot {
namespace {

/// A cache on its way: whose, to whom, and from when on.
struct CacheOnItsWay {
  int sender = 0;
  int group = 0;
  double from_s = 0;
};

class CachesBeside {
 public:
  CachesBeside(const Scenario& step, const CacheStreams& streams, double tokens)
      : layout_(step.layout),
        streams_(streams),
        machine_(step.machine),
        lanes_(std::max(streams.sender_gpus, layout_.tensor_parallel)),
        bytes_(streams.bytes_per_token * tokens / lanes_) {}

  int groups() const { return layout_.attention_gpus() / layout_.pipeline_gpus(); }

  /// On a stream of their own; each group gets one at most. Returns the operator of the transfers.
  int add(Program& program, const std::vector<CacheOnItsWay>& caches, int first_passive) const {
    const auto stream = static_cast<int>(program.streams.size());
    program.streams.push_back(fmt::format("kv-transfer-{}", stream));
    std::map<int, std::map<int, double>> rows;  // by sending GPU: copies by receiver
    std::vector<int> receivers;
    Compute wait;
    wait.duration.assign(static_cast<std::size_t>(program.ranks), Seconds{});
    for (const CacheOnItsWay& cache : caches) {
      for (int lane = 0; lane < lanes_; ++lane) {
        const int from = cache.sender * streams_.sender_gpus + lane % streams_.sender_gpus;
        const int to = cache.group * layout_.pipeline_gpus() + lane % layout_.tensor_parallel;
        rows[from][to] += 1;
        receivers.push_back(to);
        wait.duration[static_cast<std::size_t>(to)] = Seconds{cache.from_s};
      }
    }
    const Ranks on = ranks(std::move(receivers));
    program.operators.push_back({"kv-wait", -1, 0, stream, {}, wait, on});
    program.operators.push_back({"kv-transfer", -1, 0, stream, {}, transfer(program, rows, first_passive), on});
    return static_cast<int>(program.operators.size()) - 1;
  }

 private:
  Collective transfer(const Program& program, const std::map<int, std::map<int, double>>& rows,
                      int first_passive) const {
    Traffic traffic(program.endpoints());
    traffic.groups = one_group(program.endpoints());
    for (int row = 0; row < program.endpoints(); ++row) {
      const auto found = rows.find(row - program.ranks - first_passive);
      for (const auto& [to, copies] : found == rows.end() ? std::map<int, double>{} : found->second)
        traffic.add(to, copies);
      traffic.end_row();
    }
    Collective send;
    send.traffic = std::make_shared<const Traffic>(std::move(traffic));
    send.bytes_per_copy = bytes_;
    send.start = Collective::Start::receiver;
    charge(send, machine_.collective({"send", bytes_, 2, 2}));  // the pools are servers apart
    if (const auto found = machine_.traffic.find("kv"); found != machine_.traffic.end()) {
      send.weight = found->second.weight;
      send.priority = found->second.priority;
    }
    return send;
  }

  const Layout& layout_;
  const CacheStreams& streams_;
  const Machine& machine_;
  int lanes_;
  Bytes bytes_;
};

/// Ends of the first operators, those of the step itself.
double end_of(const Timeline& timeline, int operators) {
  double end = 0;
  for (int op = 0; op < operators; ++op) {
    for (int rank = 0; rank < timeline.ranks; ++rank) {
      if (timeline.ran(op, rank)) end = std::max(end, timeline.end(op, rank).value);
    }
  }
  return end;
}

/// From entering to leaving, the mean over the ranks that run it.
double mean_time(const Timeline& timeline, int op) {
  double sum = 0;
  int count = 0;
  for (int rank = 0; rank < timeline.ranks; ++rank) {
    if (!timeline.ran(op, rank)) continue;
    sum += (timeline.end(op, rank) - timeline.start(op, rank)).value;
    ++count;
  }
  return sum / count;
}

/// The step's endpoints and those that send; returns the first of these.
int add_senders(Program& program, const CacheStreams& streams) {
  const auto first = static_cast<int>(program.passive.size());
  for (int gpu = 0; gpu < streams.senders * streams.sender_gpus; ++gpu)
    program.passive.push_back(streams.first_sender + gpu);
  return first;
}

/// 0 to count - 1 as chance has them: caches come from whoever had room for a prompt to whoever has room to decode, and
/// an even pattern would share a plane or a switch with itself always or never.
std::vector<int> by_chance(int count, std::uint64_t seed) {
  std::vector<int> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  Random random{seed, count};
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.uniform() * static_cast<double>(i))]);
  return order;
}

/// Who sends each cache to whom, and from when on: every sender one after another.
std::vector<CacheOnItsWay> dealt(const Scenario& step, const CacheStreams& streams, int groups, int count,
                                 double alone_s, double step_s) {
  const std::vector<int> senders = by_chance(streams.senders, step.seed);
  const std::vector<int> receivers = by_chance(groups, step.seed + 1);
  // What does not come before the step is over comes with the next one.
  const double latest = std::max(0.0, step_s - alone_s);
  std::vector<CacheOnItsWay> caches;
  for (int i = 0; i < count && i / streams.senders * alone_s <= latest; ++i) {
    caches.push_back({senders[static_cast<std::size_t>(i % streams.senders)],
                      receivers[static_cast<std::size_t>(i % groups)], i / streams.senders * alone_s});
  }
  return caches;
}

/// How long a cache takes alone.
double alone_s(const CachesBeside& caches, const CacheOnItsWay& cache, const CacheStreams& streams, const Program& step,
               NetworkDepth depth) {
  Program program;
  program.ranks = step.ranks;
  program.passive = step.passive;
  const int first = add_senders(program, streams);
  const int op = caches.add(program, {cache}, first);
  return mean_time(simulate(program, streams.network, {depth, false, {}}), op);
}

}  // namespace

Contention contention(const Scenario& step, const CacheStreams& streams, double tokens, int count) {
  Program program = step_program(step);
  const int operators = static_cast<int>(program.operators.size());
  const SimulationOptions options{step.depth, false, {}};
  const double without = simulate(program, streams.network, options).step.value;
  const CachesBeside caches{step, streams, tokens};
  const int groups = caches.groups();
  const CacheOnItsWay one = dealt(step, streams, groups, 1, 0, 0).front();
  const double alone = alone_s(caches, one, streams, program, step.depth);
  const int first = add_senders(program, streams);
  std::vector<int> transfers;
  const auto all = dealt(step, streams, groups, count, alone, without);
  for (auto begin = all.begin(); begin < all.end(); begin += std::min<std::ptrdiff_t>(groups, all.end() - begin)) {
    const auto end = begin + std::min<std::ptrdiff_t>(groups, all.end() - begin);
    transfers.push_back(caches.add(program, {begin, end}, first));
  }
  const Timeline timeline = simulate(program, streams.network, options);
  double cache = 0;
  for (const int op : transfers) cache += mean_time(timeline, op) / static_cast<double>(transfers.size());
  return {std::max(1.0, end_of(timeline, operators) / without), std::max(1.0, cache / alone)};
}

namespace {

std::string file_of(const SimulatedSteps& steps, const CacheStreams& streams, const std::string& folder,
                    double context) {
  if (folder.empty()) return {};
  Digest digest;
  digest.add(steps.name());
  digest.add(fmt::format("{} {} {} {} {:a} {:a}", streams.network.gpus.size(), streams.network.passive.size(),
                         streams.senders, streams.sender_gpus, streams.bytes_per_token.value, context));
  return folder + "/caches-" + digest.hex() + ".json";
}

std::map<std::pair<int, int>, Contention> read_contentions(const std::string& file) {
  std::map<std::pair<int, int>, Contention> points;
  std::ifstream stream{file};
  const auto json = nlohmann::json::parse(stream, nullptr, false);
  if (!json.is_array()) return points;
  for (const auto& row : json) {
    if (!row.is_array() || row.size() != 4) return {};
    for (const auto& cell : row) {
      if (!cell.is_number()) return {};
    }
    points[{row[0], row[1]}] = {row[2], row[3]};
  }
  return points;
}

std::vector<SurfaceAxis> contention_axes() {
  return {{1, 4, true}, {1, 4, true}};  // requests of a group, caches
}

}  // namespace

ContendedSteps::ContendedSteps(const SimulatedSteps& steps, const CacheStreams& streams, std::string folder,
                               const StepLoad& reference)
    : steps_(steps),
      streams_(streams),
      reference_(reference),
      file_(file_of(steps, streams, folder, reference.context)),
      kept_(file_.empty() ? std::map<std::pair<int, int>, Contention>{} : read_contentions(file_)),
      step_(contention_axes(), [this](const auto& x) { return simulated(int(x[0]), int(x[1])).step; }),
      // What a cache takes longer is a part of a part of the time to the first token.
      cache_(
          contention_axes(), [this](const auto& x) { return simulated(int(x[0]), int(x[1])).cache; }, 0.1) {}

Contention ContendedSteps::simulated(int requests, int caches) {
  const std::pair place{requests, caches};
  asked_.insert(place);
  const auto found = kept_.find(place);
  if (found != kept_.end()) return found->second;
  StepLoad load;
  load.requests = requests;
  load.context = reference_.context;
  return kept_.emplace(place, contention(steps_.step(load), streams_, reference_.context, caches)).first->second;
}

double ContendedSteps::step(const StepLoad& load) {
  const double caches = load.arriving / reference_.context;
  if (!(caches > 0) || load.requests == 0) return 1;
  // Less than one is one that is shorter.
  return 1 + (step_.at({double(load.requests), std::max(1.0, caches)}) - 1) * std::min(1.0, caches);
}

double ContendedSteps::cache(const StepLoad& load) {
  if (load.requests == 0) return 1;
  return cache_.at({double(load.requests), std::max(1.0, load.arriving / reference_.context)});
}

SurfaceFacts ContendedSteps::facts() const {
  return {static_cast<std::int64_t>(asked_.size()), step_.interpolated(), step_.errors()};
}

void ContendedSteps::keep() const {
  if (file_.empty()) return;
  nlohmann::json json = nlohmann::json::array();
  for (const auto& [place, c] : kept_) json.push_back({place.first, place.second, c.step, c.cache});
  try {
    write_file(file_, json.dump());
  } catch (const ConfigError&) {  // a full or read-only disk costs time, not figures
  }
}

}  // namespace teapot

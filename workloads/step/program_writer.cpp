// Appending operators.
// Knows no model and no layer.

#include "workloads/step/program_writer.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace teapot {
namespace {

constexpr int compute_stream = 0;
constexpr int communication_stream = 1;
constexpr int back_stream = 2;  // in place of the host's: what computes on hosts has no GPUs apart
constexpr int host_stream = 2;
constexpr int copy_stream = 3;
constexpr int fetch_stream = 4;

/// Which class of traffic a collective belongs to.
const char* class_of(const std::string& name) {
  if (name == "dispatch" || name == "combine") return "experts";
  if (name == "kv-fetch") return "kv";
  if (name == "weight-fetch" || name == "expert-fetch") return "weights";
  return name == "to-host" || name == "to-device" ? "activations" : "collectives";
}

/// A breakdown tells passes through what drafts from the model's own.
std::string name_at(const Spot& spot, const std::string& operation) {
  if (spot.of == PassOf::model) return operation;
  return (spot.of == PassOf::prediction ? "mtp-" : "draft-") + operation;
}

}  // namespace

void add_part(Compute& work, const char* name, Seconds time) {
  if (time == Seconds{}) return;
  for (Seconds& duration : work.duration) duration += time;
  work.parts.push_back({name, "runtime", time, Provenance::modelled, true});
}

ProgramWriter::ProgramWriter(const Machine& machine, int ranks, bool overlapped, bool two_ways)
    : machine_(machine), overlapped_(overlapped), two_ways_(two_ways) {
  program_.ranks = ranks;
  program_.streams = {"compute", "communication"};
  if (two_ways) program_.streams.emplace_back("communication back");
  program_.passive = machine.host.passive;
  if (!program_.passive.empty()) program_.streams.insert(program_.streams.end(), {"host", "copies", "fetches"});
  last_on_stream_.assign(program_.streams.size(), -1);
}

int ProgramWriter::add(Operator op) {
  assert(op.stream < static_cast<int>(program_.streams.size()));
  const int gpu_streams = two_ways_ ? 3 : 2;  // what a barrier holds back, and waits for
  if (op.stream < gpu_streams && std::exchange(barrier_, false)) {
    for (int stream = 0; stream < gpu_streams; ++stream) {
      const int before = last_on_stream_[static_cast<std::size_t>(stream)];
      if (before >= 0) op.after.push_back(before);
    }
  }
  std::sort(op.after.begin(), op.after.end());
  op.after.erase(std::unique(op.after.begin(), op.after.end()), op.after.end());
  last_on_stream_[static_cast<std::size_t>(op.stream)] = last() + 1;
  program_.operators.push_back(std::move(op));
  return last();
}

int ProgramWriter::compute(const std::string& name, const Spot& spot, std::vector<int> after, Compute work,
                           bool opens_layer) {
  add_part(work, "operator-overhead", machine_.runtime.per_operator);
  if (opens_layer) add_part(work, "layer-overhead", machine_.runtime.per_layer);
  return add({name_at(spot, name), spot.layer, spot.micro_batch, compute_stream, std::move(after), std::move(work),
              spot.on, name});
}

int ProgramWriter::host_compute(const std::string& name, const Spot& spot, std::vector<int> after, Compute work) {
  return add({name_at(spot, name), spot.layer, spot.micro_batch, host_stream, std::move(after), std::move(work),
              spot.on, name});
}

int ProgramWriter::copy(const std::string& name, const Spot& spot, std::vector<int> after, Collective work,
                        bool ahead) {
  work.library = "copy";
  classify(work, name);
  return add({name_at(spot, name), spot.layer, spot.micro_batch, ahead ? fetch_stream : copy_stream, std::move(after),
              std::move(work), spot.on, name});
}

void ProgramWriter::classify(Collective& work, const std::string& name) const {
  const auto found = machine_.traffic.find(class_of(name));
  if (found == machine_.traffic.end()) return;
  work.weight = found->second.weight;
  work.priority = found->second.priority;
}

int ProgramWriter::collective(const std::string& name, const Spot& spot, std::vector<int> after, Collective work) {
  const CollectiveCost cost = machine_.collective(call_of(name, work, machine_.domain));
  charge(work, cost);
  classify(work, name);
  if (overlapped_ && cost.sm_time > Seconds{}) {
    Compute kernels;
    kernels.duration = {Seconds{}};
    add_part(kernels, name.c_str(), cost.sm_time);
    after = {add({"communication-kernels", spot.layer, spot.micro_batch, compute_stream, std::move(after),
                  std::move(kernels), spot.on})};
  }
  const int stream = two_ways_ && work.reversed ? back_stream : communication_stream;
  return add(
      {name_at(spot, name), spot.layer, spot.micro_batch, stream, std::move(after), std::move(work), spot.on, name});
}

void ProgramWriter::end_of_step(double requests, int groups, const Ranks& on) {
  const RuntimeCost& stack = machine_.runtime;
  const Seconds host = stack.per_step + stack.per_request * requests + stack.per_agreement * std::log2(groups);
  if (host == Seconds{}) return;
  Compute work;
  work.duration = {Seconds{}};
  add_part(work, "runtime", host);
  barrier();
  add({"runtime", -1, 0, compute_stream, {}, std::move(work), on});
}

}  // namespace teapot

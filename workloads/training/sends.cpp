// Who sends to whom between the ranks of a pipeline.
// Does not know what is computed meanwhile.

#include "workloads/training/sends.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "workloads/model/kernels.hpp"
#include "workloads/step/step_work.hpp"

namespace teapot {
namespace {

Collective sent(Traffic traffic, const Model& model, const Training& t, const Machine& machine) {
  Collective work;
  work.traffic = std::make_shared<const Traffic>(std::move(traffic));
  work.bytes_per_copy = activation_bytes(format("bf16"), t.tokens() / t.layout.tensor_parallel, model.hidden);
  CollectiveCall call;
  call.operation = "send";
  call.bytes = work.bytes_per_copy;
  charge(work, machine.collective(call));
  work.sm_share = 0;
  return work;
}

/// GPUs of a node, where all of the first `gpus` are in nodes alike; 0: they are not.
int node_size(const std::vector<int>& domain, int gpus) {
  int size = 0;
  while (size < gpus && domain[static_cast<std::size_t>(size)] == domain[0]) ++size;
  for (int gpu = 0; gpu < gpus; ++gpu) {
    const int first = gpu / size * size;
    if (domain[static_cast<std::size_t>(gpu)] != domain[static_cast<std::size_t>(first)]) return 0;
  }
  return gpus % size == 0 ? size : 0;
}

}  // namespace

Program send_program(const Model& model, const Training& t, const Machine& machine, Ways ways) {
  const int each = t.pipeline_gpus();
  const int ranks = t.pipeline.ranks;
  const Schedule& order = schedule(t.schedule);
  // Stages that follow each other on the last and the first rank, where a rank holds several of one way.
  const bool round = order.stages(t.pipeline) > ranks && order.held(t.pipeline, 0)[1] == ranks;
  Traffic traffic(t.layout.gpus);
  std::vector<int> pipelines;
  for (int gpu = 0; gpu < t.layout.gpus; ++gpu) pipelines.push_back(gpu % each);
  traffic.groups = std::make_shared<const std::vector<int>>(std::move(pipelines));
  for (int gpu = 0; gpu < t.layout.gpus; ++gpu) {
    const int rank = gpu / each;
    std::vector<int> to;
    for (const int next : {rank - 1, rank + 1}) {
      if (ways == Ways::onward && next < rank) continue;
      if (next >= 0 && next < ranks) to.push_back(gpu + (next - rank) * each);
      if (round && (next < 0 || next == ranks)) to.push_back(gpu % each + (next < 0 ? ranks - 1 : 0) * each);
    }
    std::sort(to.begin(), to.end());
    to.erase(std::unique(to.begin(), to.end()), to.end());
    for (const int peer : to) {
      if (peer != gpu) traffic.add(peer, 1);
    }
    traffic.end_row();
  }
  Program program;
  program.ranks = t.layout.gpus;
  program.streams = {"compute", "communication"};
  program.operators.push_back({"send", -1, 0, 1, {}, sent(std::move(traffic), model, t, machine)});
  return program;
}

std::optional<Collective> send_among(const Model& model, const Training& t, const Machine& machine, int gpus,
                                     Ways ways) {
  const int node = node_size(machine.domain, gpus);
  if (node == 0 || gpus == node) return {};
  Traffic traffic(gpus);
  std::vector<int> places;
  for (int gpu = 0; gpu < gpus; ++gpu) {
    places.push_back(gpu % node);
    std::map<int, double> copies;
    copies[(gpu + node) % gpus] += 1;
    if (ways == Ways::both) copies[(gpu + gpus - node) % gpus] += 1;
    for (const auto& [peer, count] : copies) traffic.add(peer, count);
    traffic.end_row();
  }
  traffic.groups = std::make_shared<const std::vector<int>>(std::move(places));
  return sent(std::move(traffic), model, t, machine);
}

}  // namespace teapot

// Joins hosts to networks and steps.
// Does not run anything.

#include "analysis/scenario/host_side.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "analysis/scenario/known_keys.hpp"
#include "analysis/scenario/tree_edit.hpp"
#include "platforms/kernels/kernels.hpp"

namespace teapot {
namespace {

constexpr const char* usual_host = "dual-xeon-8480c";

const About about_host{"The CPUs and memory beside the GPUs of a node, where anything lies there", "dual-xeon-6454s",
                       "dual-xeon-8480c", "cpu server"};

Tree host_tree(const Config& config, PartReader& parts) {
  return parts.named(config, "host", "platforms/hosts", "host", usual_host);
}

HostPart read_named_host(const Config& config, PartReader& parts) {
  return read_host_part(config.in_place_of("host", host_tree(config, parts)), [&](const Config& part) {
    return read_accelerator(
        part.in_place_of("cpu", parts.named(part, "cpu", "platforms/accelerators", "accelerator", "")));
  });
}

/// Popular experts are on the device: of the choices, those that fall on the others. The mean over a few layers.
double missed_choices(const Scenario& s) {
  const Experts& e = s.model.experts;
  const auto held = static_cast<std::size_t>((1 - s.execution.offload.experts) * e.routed);
  constexpr int layers = 8;
  double missed = 0;
  for (int layer = 0; layer < layers; ++layer) {
    auto loads = expert_loads(s.execution.routing.source, e.routed, layer, s.load.new_tokens_per_gpu(), s.seed);
    std::sort(loads.begin(), loads.end(), std::greater<>{});
    const double all = std::accumulate(loads.begin(), loads.end(), 0.0);
    missed += std::accumulate(loads.begin() + static_cast<std::ptrdiff_t>(held), loads.end(), 0.0) / all / layers;
  }
  return missed;
}

Tree bandwidth(BytesPerSecond value) { return scalar(fmt::format("{:.6f} GB/s", value.value / 1e9)); }

/// Ranks on each host, of those that are simulated.
int most_ranks_of_a_host(const std::vector<int>& of_rank) {
  std::map<int, int> counts;
  int most = 1;
  for (const int host : of_rank) most = std::max(most, ++counts[host]);
  return most;
}

TrafficClass read_class(const Config& config) {
  TrafficClass one;
  one.weight = config.positive_or(
      "weight", 1.0, {"Its share of a link beside others of the same priority", "0.5", "", "bandwidth_share"});
  const std::string priority =
      config.choice_or("priority", {"low", "normal", "high"}, "normal",
                       {"Of a higher one every byte goes first on each link", "high", "", "qos service_level"});
  one.priority = priority == "high" ? 1 : priority == "low" ? -1 : 0;
  return one;
}

}  // namespace

void read_host(const Config& config, Scenario& s, PartReader& parts) {
  const Config memory = config.section("memory", {"What lies off the GPU, and who computes with it (docs/memory.md)",
                                                  "{kv: {device: 0.6, host: 0.4}}", "", "offload cpu_offload"});
  Offload& o = s.execution.offload;
  o = read_offload(memory, s.model);
  const std::string numa = memory.choice_or(
      "numa", {"local", "interleaved", "duplicated"}, "local",
      {"How tensors lie over the sockets of a host: each socket its part, pages in turn, or all of it on each",
       "duplicated"});
  const bool named = config.has("host", about_host);
  if (!o.any()) {
    if (named) read_named_host(config, parts);  // it is sound, whether anything lies there or not
    return;
  }
  if (s.phase != Phase::decode) memory.fail("only a decode reads what does not lie on the GPU");
  s.host = read_named_host(config, parts);
  s.host->numa = numa;
  if (s.host->unified)
    (named ? config.at("host") : memory)
        .fail(s.host->name + " has one memory for CPU and GPU: nothing lies elsewhere, so nothing is offloaded");
  if (o.computes_on_cpu() && s.compute == ComputeDepth::as_communication)
    memory.fail("computing as long as communicating knows no CPU");
  if (o.experts > 0 && o.experts < 1 && !(memory.at("experts").has("missed"))) o.experts_missed = missed_choices(s);
  if (o.kv > 0 && o.away(0) && o.weights_run == Offload::Run::cpu)
    memory.at("kv").fail("the CPU runs every layer with its cache: nothing is left to move");
}

void read_traffic(const Config& config, Scenario& s) {
  const Config traffic = config.section(
      "traffic", {"How classes of traffic share links", "{kv: {weight: 0.5}, experts: {priority: high}}", "", "qos"});
  for (const auto& [name, meaning] : {std::pair{"kv", "Cache fetched from hosts, or on its way from prefill to decode"},
                                      std::pair{"experts", "Tokens on their way to experts and back"},
                                      std::pair{"weights", "Weights fetched from hosts"},
                                      std::pair{"activations", "Tokens handed over between GPU and host"},
                                      std::pair{"collectives", "All other collectives"}}) {
    if (traffic.has(name, {meaning, "{priority: high}"})) s.machine.traffic[name] = read_class(traffic.at(name));
  }
}

Tree box_of(const Scenario& s) {
  Tree box;
  box.kind = Tree::Kind::mapping;
  set_path(box, "kind", scalar("single-switch"));
  set_path(box, "name", scalar(s.host->name));
  set_path(box, "nodes", scalar("1"));
  set_path(box, "gpus_per_node", scalar(std::to_string(s.layout.gpus)));
  const BytesPerSecond ports = s.accelerator.scale_up_bandwidth;
  set_path(box, "nvlink_bandwidth", bandwidth(ports > BytesPerSecond{} ? ports : s.host->gpu_link));
  plug_in_host(*s.host, box);
  return box;
}

void plug_in_host(const HostPart& host, Tree& fabric) {
  const auto put = [&](const char* key, BytesPerSecond value) {
    if (fabric.find(key) == nullptr && value > BytesPerSecond{}) set_path(fabric, key, bandwidth(value));
  };
  put("host_bridge_bandwidth", host.gpu_link);
  if (fabric.find("host_bridge_bandwidth") != nullptr) put("host_memory_bandwidth", memory_bandwidth(host));
}

void use_host(const Config& config, Scenario& s) {
  if (!s.host) return;
  HostSide& side = s.machine.host;
  if (s.network.host.empty()) {
    config.at(config.has("platform") ? "platform" : "memory")
        .fail("the network has no hosts, but something lies on them (a fabric's host_bridge_bandwidth)");
  }
  side.of_rank.assign(s.network.host.begin(), s.network.host.begin() + s.layout.gpus);
  const int hosts = *std::max_element(side.of_rank.begin(), side.of_rank.end()) + 1;
  for (int i = 0; i < hosts; ++i) side.passive.push_back(i);
  if (!s.execution.offload.computes_on_cpu()) return;
  side.cpu = cpu_time(s);
}

TimeKernel cpu_time(const Scenario& s) {
  if (s.compute == ComputeDepth::none) return [](const Kernel&) { return KernelTime{}; };
  return modelled(cpus_of(*s.host, most_ranks_of_a_host(s.machine.host.of_rank)));
}

void require_host_memory(const Scenario& s, const Memory& need) {
  if (!s.host) return;
  const int sharing = most_ranks_of_a_host(s.machine.host.of_rank);
  const Bytes wanted = need.on_host() * sharing;
  const Bytes have = capacity(*s.host);
  if (wanted <= have) return;
  const std::string reason =
      fmt::format("does not fit: weights {} and KV cache {} of {} GPU{} need {} of a host, {} more than the {} of {}{}",
                  to_text(need.host_weights * sharing), to_text(need.host_kv * sharing), sharing,
                  sharing > 1 ? "s" : "", to_text(wanted), to_text(wanted - have), to_text(have), s.host->name,
                  s.host->numa == "duplicated" ? " (numa: duplicated holds all on each socket)" : "");
  try {
    Config{s.source}.section("memory").fail(reason);
  } catch (const ConfigError& e) {
    throw DoesNotFit(e.what());
  }
}

void resolve_host(const Config& config, Tree& all, PartReader& parts) {
  if (!config.has("host") && !config.has("memory")) return;
  Tree host = host_tree(config, parts);
  const Config part = config.in_place_of("host", host);
  set_path(host, "cpu", parts.named(part, "cpu", "platforms/accelerators", "accelerator", ""));
  set_path(all, "host", host);
}

}  // namespace teapot

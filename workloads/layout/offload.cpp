// Reads placement of tensors.
// Does not know what fits.

#include "workloads/layout/offload.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace teapot {
namespace {

double part(const Config& value) {
  const double number = Config{value.tree()}.as<double>();  // apart: experts are placed by words too
  if (!(number >= 0 && number <= 1)) value.fail(fmt::format("must be a part from 0 to 1, got {:g}", number));
  return number;
}

/// The parts on device and host: one says the other; together they are all of it.
double part_on_host(const Config& config) {
  const About device{"Part of it that the GPU holds", "0.6"};
  const About host{"Part of it that the host holds", "0.4", "what the device does not hold"};
  const bool has_device = config.has("device", device);
  const bool has_host = config.has("host", host);
  const double on_device = has_device ? part(config.at("device")) : 0;
  const double on_host = has_host ? part(config.at("host")) : 1 - on_device;
  if (!has_device && !has_host) config.fail("says neither what part the device holds nor what part the host holds");
  if (has_device && has_host && std::abs(on_device + on_host - 1) > 1e-9)
    config.at("host").fail(fmt::format("device {:g} and host {:g} must add up to 1", on_device, on_host));
  return on_host;
}

Offload::Run read_run(const Config& config, const char* otherwise, const About& about) {
  return config.choice_or("run", {"cpu", "streamed"}, otherwise, about) == "cpu" ? Offload::Run::cpu
                                                                                 : Offload::Run::streamed;
}

void read_kv(const Config& config, Offload& o) {
  o.kv = part_on_host(config);
  o.kv_run = read_run(config, "streamed",
                      {"Who attends to what lies on the host: its CPU, which is sent queries, or the GPU once it has "
                       "come",
                       "cpu", "", "no_kv_offload cpu attention"});
  if (o.kv_run == Offload::Run::cpu && config.has("read"))
    config.at("read").fail("the CPU attends to what lies on the host (run: cpu): the GPU reads none of it");
  const std::string read = config.choice_or("read", {"streamed", "prefetched", "pooled"}, "prefetched",
                                            {"When the GPU fetches it: as each layer comes to it, one layer ahead, or "
                                             "one layer ahead from the memory of all hosts",
                                             "streamed", "", "hierarchical cache hicache"});
  o.kv_read = read == "streamed" ? Offload::Read::streamed
              : read == "pooled" ? Offload::Read::pooled
                                 : Offload::Read::prefetched;
}

const About runs{"Who computes with what lies on the host: its CPU, or the GPU once it has come", "streamed"};

bool says(const Config& config, const char* key, const char* word) {
  return config.has(key) && config.at(key).tree().text == word;
}

void read_experts(const Config& config, const Model& model, Offload& o) {
  if (!model.has_experts()) config.fail(model.name + " has no routed experts");
  const bool by_word = says(config, "device", "shared") || says(config, "host", "routed");
  if (by_word) {
    for (const auto& [key, word] : {std::pair{"device", "shared"}, std::pair{"host", "routed"}}) {
      if (config.has(key)) config.at(key).as_one_of({word}, "placement");
    }
  }
  o.experts = by_word ? 1 : part_on_host(config);
  o.experts_run = read_run(config, "cpu", runs);
  o.experts_missed = config.fraction_or(
      "missed", o.experts,
      {"Part of the choices of experts that falls on those of the host", "0.3",
       "as they are chosen: the device holds the most popular ones of each layer", "cache miss rate"});
}

int read_layers(const Config& value, int all) {
  const std::string text = value.tree().text;
  int layers = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), layers);
  const std::string rest{end, text.data() + text.size()};
  if (error == std::errc{} && (rest == " layers" || rest == " layer")) {
    if (layers < 0 || layers > all) value.fail(fmt::format("expected 0 to {} layers", all));
    return layers;
  }
  const double part = value.as<double>();
  if (!(part >= 0 && part <= 1)) value.fail("expected a part from 0 to 1, or a number of layers such as 24 layers");
  return static_cast<int>(std::floor(part * all + 1e-9));
}

void read_weights(const Config& config, const Model& model, Offload& o) {
  const auto all = static_cast<int>(model.layers.size());
  const About device{"Layers whose weights the GPU holds, the first ones, or their part", "24 layers", "",
                     "n_gpu_layers ngl"};
  if (!config.has("device", device)) config.fail("device is missing (such as 24 layers, or a part)");
  o.layers_on_device = read_layers(config.at("device"), all);
  if (config.has("host", {"The other layers", "rest", "rest"}) && !says(config, "host", "rest")) {
    const int away = read_layers(config.at("host"), all);
    if (away + o.layers_on_device != all)
      config.at("host").fail(fmt::format("{} layers on the device and {} on the host, but {} has {}",
                                         o.layers_on_device, away, model.name, all));
  }
  o.weights_run = read_run(config, "cpu", runs);
  if (o.layers_on_device == all) o.layers_on_device = -1;
}

/// Part of a feed-forward's neurons that fires for a token: PowerInfer (arXiv 2312.12456), table 3, where OPT's ReLU
/// rests for 96 to 98%, Falcon's for 95%, LLaMA's ReGLU for 70 to 82%, SwiGLU for 40 to 53%.
double firing(const std::string& activation) {
  if (activation == "relu") return 0.04;
  return activation == "reglu" ? 0.23 : 0.55;
}

void read_neurons(const Config& config, const Model& model, Offload& o) {
  o.split = true;
  config.choice_or("run", {"split"}, "split", {"Hot neurons on the GPU and cold ones on the CPU, at once", "split"});
  const std::string activation = config.choice_or(
      "activation", {"relu", "reglu", "silu"}, model.gated ? "silu" : "relu",
      {"Of the feed-forward, which says how many neurons fire", "reglu", "silu where it has a gate, relu where not"});
  o.hot = config.fraction_or("hot", 0.26, {"Part of the neurons that the GPU holds, those that fire most", "0.4"});
  o.hot_activity = config.fraction_or("activity", 0.8, {"Of the neurons that fire, those among the hot ones", "0.9"});
  o.active = config.fraction_or("active", firing(activation),
                                {"Part of the neurons that fires for a token", "0.05", "by the activation"});
}

}  // namespace

double predictor_rank(const Model& model, const Layer& layer) {
  const double all = attention_parameters(model, layer.attention) + dense_parameters(model, layer.intermediate);
  return 0.06 * all / (model.hidden + layer.intermediate);
}

Offload read_offload(const Config& memory, const Model& model) {
  Offload o;
  const About kv{"Where the KV cache lies", "{device: 0.6, host: 0.4, read: streamed}", "all on the GPU", "offload"};
  const About experts{"Where routed experts lie", "{device: shared, host: routed, run: cpu}", "all on the GPU",
                      "offload"};
  const About weights{"Where the weights of layers lie", "{device: 24 layers, host: rest, run: cpu}", "all on the GPU",
                      "offload"};
  const About neurons{"Feed-forwards split by neuron", "{hot: 0.26, activity: 0.8, run: split}", "not split", "sparse"};
  if (memory.has("kv", kv)) read_kv(memory.at("kv"), o);
  if (memory.has("experts", experts)) read_experts(memory.at("experts"), model, o);
  if (memory.has("weights", weights)) read_weights(memory.at("weights"), model, o);
  if (memory.has("neurons", neurons)) read_neurons(memory.at("neurons"), model, o);
  return o;
}

}  // namespace teapot

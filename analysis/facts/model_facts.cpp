// Counting, and laying out side by side.
// Knows no deployment and no time.

#include "analysis/facts/model_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "analysis/output/text_table.hpp"

namespace teapot {
namespace {

constexpr double usable_memory = 0.95;  // as a deployment's memory_fraction when nothing is said
constexpr int node = 8;

std::string attention_name(const Model& model) {
  const Attention& a = model.layers.front().attention;
  std::string name = a.kind == Attention::Kind::latent ? "MLA"
                     : a.kv_heads == a.heads           ? "MHA"
                     : a.kv_heads == 1                 ? "MQA"
                                                       : "GQA";
  const bool window = std::any_of(model.layers.begin(), model.layers.end(),
                                  [](const Layer& layer) { return layer.attention.window > 0; });
  return window ? name + " + window" : name;
}

Bytes weights_of(const Model& model, const Format& weights) {
  const double vocabulary =
      (static_cast<double>(model.vocabulary) * (model.tied_embeddings ? 1 : 2) + model.positions) * model.hidden;
  const double matrices = parameters(model) - vocabulary;
  return Bytes{2 * vocabulary} + weight_bytes(weights, weights.block_rows, matrices / weights.block_rows);
}

ModelFit fit(const ModelFacts& facts, const Accelerator& accelerator) {
  ModelFit fit{accelerator.name, accelerator.memory, 0, 0};
  const Bytes usable = usable_memory * accelerator.memory;
  fit.gpus = static_cast<int>(std::ceil(facts.weights / usable));
  const Bytes left = node * usable - facts.weights;
  if (left > Bytes{}) fit.node_requests = static_cast<int>(left / facts.kv_per_request);
  return fit;
}

std::string billions(double count) { return fmt::format("{:.2f} B", count / 1e9); }

}  // namespace

ModelFacts model_facts(const Model& model, const ModelView& view, const std::vector<Accelerator>& accelerators) {
  const Format& weights = view.weights.empty() ? model.weights : format(view.weights);
  ModelFacts f;
  f.name = model.name;
  f.source = model.source;
  f.attention = attention_name(model);
  f.layers = static_cast<int>(model.layers.size());
  f.expert_layers = static_cast<int>(
      std::count_if(model.layers.begin(), model.layers.end(), [](const Layer& layer) { return layer.experts; }));
  f.parameters = parameters(model);
  f.active_parameters = active_parameters(model);
  f.mtp_parameters = mtp_parameters(model);
  f.kv_per_token = kv_bytes_per_token(model, format(view.kv));
  f.kv_per_request = kv_bytes(model, format(view.kv), view.context);
  f.training_per_token = training_flops_per_token(model, view.context);
  f.decode_per_token = decode_flops_per_token(model, view.context);
  f.weights = weights_of(model, weights);
  f.weights_format = weights.name;
  for (const Accelerator& accelerator : accelerators) f.fits.push_back(fit(f, accelerator));
  return f;
}

std::string model_table(const std::vector<ModelFacts>& models, const ModelView& view) {
  std::vector<TextTable::Column> columns{{""}};
  for (const ModelFacts& f : models) columns.push_back({f.name, TextTable::Align::right});
  TextTable table{columns};
  const auto row = [&](const std::string& title, const auto& cell) {
    std::vector<std::string> cells{title};
    for (const ModelFacts& f : models) cells.push_back(cell(f));
    table.add(std::move(cells));
  };
  using Facts = const ModelFacts&;
  row("layers", [](Facts f) { return fmt::format("{}", f.layers); });
  row("  with experts", [](Facts f) { return fmt::format("{}", f.expert_layers); });
  row("attention", [](Facts f) { return f.attention; });
  row("parameters", [](Facts f) { return billions(f.parameters); });
  row("  active", [](Facts f) { return billions(f.active_parameters); });
  row("  of prediction modules", [](Facts f) { return f.mtp_parameters > 0 ? billions(f.mtp_parameters) : "-"; });
  row("weights", [](Facts f) { return fmt::format("{} ({})", to_text(f.weights), f.weights_format); });
  row(fmt::format("KV per token ({})", view.kv),
      [](Facts f) { return fmt::format("{:.3f} KB", f.kv_per_token.value / 1e3); });
  row(fmt::format("KV of {} tokens", view.context), [](Facts f) { return to_text(f.kv_per_request); });
  row("training per token", [](Facts f) { return fmt::format("{:.1f} GFLOP", f.training_per_token.value / 1e9); });
  row("decode per token", [](Facts f) { return fmt::format("{:.1f} GFLOP", f.decode_per_token.value / 1e9); });
  for (std::size_t i = 0; !models.empty() && i < models[0].fits.size(); ++i) {
    const ModelFit& first = models[0].fits[i];
    row(fmt::format("{} ({})", first.accelerator, to_text(first.memory)), [i](Facts f) {
      const ModelFit& fit = f.fits[i];
      return fit.node_requests > 0 ? fmt::format("{}+ GPUs, {} on {}", fit.gpus, fit.node_requests, node)
                                   : fmt::format("{}+ GPUs", fit.gpus);
    });
  }
  return table.to_text() +
         fmt::format(
             "\nn+ GPUs: fewest that hold the weights once, at {:.0f}% of their memory; m on {}: requests of {} "
             "tokens beside them.\nTraining is counted over sequences of {} tokens, decode against a cache of "
             "as many.\n",
             usable_memory * 100, node, view.context, view.context);
}

std::string model_json(const std::vector<ModelFacts>& models, const ModelView& view) {
  auto list = nlohmann::ordered_json::array();
  for (const ModelFacts& f : models) {
    nlohmann::ordered_json json;
    json["model"] = f.name;
    json["source"] = f.source;
    json["layers"] = f.layers;
    json["expert_layers"] = f.expert_layers;
    json["attention"] = f.attention;
    json["parameters"] = f.parameters;
    json["active_parameters"] = f.active_parameters;
    json["mtp_parameters"] = f.mtp_parameters;
    json["weights_format"] = f.weights_format;
    json["weights_GB"] = f.weights.value / 1e9;
    json["kv_format"] = view.kv;
    json["context_tokens"] = view.context;
    json["kv_bytes_per_token"] = f.kv_per_token.value;
    json["kv_bytes_at_context"] = f.kv_per_request.value;
    json["training_gflops_per_token"] = f.training_per_token.value / 1e9;
    json["decode_gflops_per_token"] = f.decode_per_token.value / 1e9;
    auto& fits = json["fits"] = nlohmann::ordered_json::array();
    for (const ModelFit& fit : f.fits) {
      fits.push_back({{"accelerator", fit.accelerator},
                      {"memory_GB", fit.memory.value / 1e9},
                      {"gpus_for_weights", fit.gpus},
                      {"requests_on_8_gpus", fit.node_requests}});
    }
    list.push_back(std::move(json));
  }
  if (list.size() == 1) return list[0].dump(2) + "\n";
  return nlohmann::ordered_json{{"models", std::move(list)}}.dump(2) + "\n";
}

}  // namespace teapot

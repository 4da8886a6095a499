// Counting, and laying out side by side.
// Knows no deployment and no time.

#include "analysis/facts/model_facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "analysis/output/text_table.hpp"

namespace teapot {
namespace {

constexpr double usable_memory = 0.95;  // as a deployment's memory_fraction when nothing is said
constexpr int node = 8;

/// Parts of the model that are stored otherwise than most of it.
std::vector<std::pair<std::string, std::string>> other_formats(const Model& model) {
  std::vector<std::pair<std::string, std::string>> others;
  const ParameterParts parts = parameter_parts(model);
  const auto add = [&](const char* part, const Format& format, double there) {
    if (there > 0 && format.name != model.weights.name) others.emplace_back(part, format.name);
  };
  add("attention", model.formats.attention, parts.attention);
  add("dense", model.formats.dense, parts.dense);
  add("shared", model.formats.shared, parts.shared);
  add("vocabulary", model.formats.vocabulary, parts.vocabulary);
  return others;
}

ModelFit fit(const ModelFacts& facts, const Accelerator& accelerator) {
  ModelFit fit{accelerator.name, accelerator.memory, 0, 0};
  const Bytes usable = usable_memory * accelerator.memory;
  fit.gpus = static_cast<int>(std::ceil(facts.weights / usable));
  const Bytes left = node * usable - facts.weights;
  const Bytes request = facts.kv_per_request + facts.state_per_request;
  if (left > Bytes{} && request > Bytes{}) fit.node_requests = static_cast<int>(std::min(left / request, 1e9));
  return fit;
}

/// What the files' keys were used for, model after model.
std::string readings_text(const std::vector<ModelFacts>& models) {
  std::string text;
  for (const ModelFacts& f : models) {
    const Reading& r = f.reading;
    if (r.keys_read.empty()) continue;
    text += fmt::format("\n{}\n  read: {}\n  passed over: {}\n", f.source, fmt::join(r.keys_read, ", "),
                        fmt::join(r.keys_passed_over, ", "));
    for (const std::string& warning : r.warnings) text += fmt::format("  warning: {}\n", warning);
  }
  return text;
}

std::string billions(double count) { return fmt::format("{:.2f} B", count / 1e9); }

}  // namespace

std::string attention_names(const Model& model) {
  std::vector<std::string> names;
  for (const Layer& layer : model.layers) {
    if (!layer.attention.mixes()) continue;
    const std::string name = attention_name(layer.attention);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  // "GQA" and "GQA + window" are one entry: the second says both.
  std::erase_if(names, [&](const std::string& name) {
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& other) { return other.starts_with(name + " + "); });
  });
  std::sort(names.begin(), names.end());
  return fmt::format("{}", fmt::join(names, ", "));
}

ModelFacts model_facts(const Model& model, const ModelView& view, const std::vector<Accelerator>& accelerators) {
  ModelFacts f;
  f.name = model.name;
  f.source = model.source;
  f.attention = attention_names(model);
  f.layers = model.layer_count();
  f.expert_layers = static_cast<int>(
      std::count_if(model.layers.begin(), model.layers.end(), [](const Layer& layer) { return layer.experts; }));
  f.parameters = parameters(model);
  f.active_parameters = active_parameters(model);
  f.active_with_embedding = active_parameters_with_embedding(model);
  f.mtp_parameters = mtp_parameters(model);
  f.encoder_parameters = model.encoder_parameters;
  f.kv_per_token = kv_bytes_per_token(model, format(view.kv));
  f.kv_per_request = kv_bytes(model, format(view.kv), view.context);
  f.state_per_request = state_bytes_per_request(model);
  f.training_per_token = training_flops_per_token(model, view.context);
  f.decode_per_token = decode_flops_per_token(model, view.context);
  f.weights = view.weights.empty() ? weights_bytes(model) : weights_bytes(model, format(view.weights));
  f.weights_format = view.weights.empty() ? model.weights.name : view.weights;
  if (view.weights.empty()) f.other_formats = other_formats(model);
  f.reading = model.reading;
  for (const Accelerator& accelerator : accelerators) f.fits.push_back(fit(f, accelerator));
  return f;
}

namespace {

using Facts = const ModelFacts&;

/// A row a fact, a column a model.
class FactTable {
 public:
  explicit FactTable(const std::vector<ModelFacts>& models) : models_(models), table_(columns(models)) {}

  void row(const std::string& title, const std::function<std::string(Facts)>& cell) {
    std::vector<std::string> cells{title};
    for (const ModelFacts& f : models_) cells.push_back(cell(f));
    table_.add(std::move(cells));
  }
  /// Where any model has it.
  void row_if(const std::function<bool(Facts)>& has, const std::string& title,
              const std::function<std::string(Facts)>& cell) {
    if (std::any_of(models_.begin(), models_.end(), has)) row(title, cell);
  }
  std::string to_text() const { return table_.to_text(); }

 private:
  static std::vector<TextTable::Column> columns(const std::vector<ModelFacts>& models) {
    std::vector<TextTable::Column> columns{{""}};
    for (const ModelFacts& f : models) columns.push_back({f.name, TextTable::Align::right});
    return columns;
  }

  const std::vector<ModelFacts>& models_;
  TextTable table_;
};

void add_sizes(FactTable& table) {
  const auto row = [&](const std::string& title, const auto& cell) { table.row(title, cell); };
  row("layers", [](Facts f) { return fmt::format("{}", f.layers); });
  row("  with experts", [](Facts f) { return fmt::format("{}", f.expert_layers); });
  row("attention", [](Facts f) { return f.attention; });
  row("parameters", [](Facts f) { return billions(f.parameters); });
  row("  active", [](Facts f) { return billions(f.active_parameters); });
  row("  active, embedding in", [](Facts f) { return billions(f.active_with_embedding); });
  row("  of prediction modules", [](Facts f) { return f.mtp_parameters > 0 ? billions(f.mtp_parameters) : "-"; });
  table.row_if([](Facts f) { return f.encoder_parameters > 0; }, "  of encoders, apart",
               [](Facts f) { return f.encoder_parameters > 0 ? billions(f.encoder_parameters) : "-"; });
  row("weights", [](Facts f) { return fmt::format("{} ({})", to_text(f.weights), f.weights_format); });
  table.row_if([](Facts f) { return f.other_formats.size() > 1; }, "  but",
               [](Facts f) {
                 std::vector<std::string> parts;
                 for (const auto& [part, name] : f.other_formats) parts.push_back(part + " " + name);
                 return parts.empty() ? std::string{"-"} : fmt::format("{}", fmt::join(parts, ", "));
               });
}

void add_work(FactTable& table, const ModelView& view) {
  const auto row = [&](const std::string& title, const auto& cell) { table.row(title, cell); };
  row(fmt::format("KV per token ({})", view.kv),
      [](Facts f) { return fmt::format("{:.3f} KB", f.kv_per_token.value / 1e3); });
  row(fmt::format("KV of {} tokens", view.context), [](Facts f) { return to_text(f.kv_per_request); });
  table.row_if([](Facts f) { return f.state_per_request > Bytes{}; }, "state of a request",
               [](Facts f) { return to_text(f.state_per_request); });
  row("training per token", [](Facts f) { return fmt::format("{:.1f} GFLOP", f.training_per_token.value / 1e9); });
  row("decode per token", [](Facts f) { return fmt::format("{:.1f} GFLOP", f.decode_per_token.value / 1e9); });
}

}  // namespace

std::string model_table(const std::vector<ModelFacts>& models, const ModelView& view) {
  FactTable table{models};
  add_sizes(table);
  add_work(table, view);
  for (std::size_t i = 0; !models.empty() && i < models[0].fits.size(); ++i) {
    const ModelFit& first = models[0].fits[i];
    table.row(fmt::format("{} ({})", first.accelerator, to_text(first.memory)), [i](Facts f) {
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
             usable_memory * 100, node, view.context, view.context) +
         readings_text(models);
}

namespace {

nlohmann::ordered_json json_of(const ModelFacts& f, const ModelView& view) {
  nlohmann::ordered_json json;
  json["model"] = f.name;
  json["source"] = f.source;
  json["layers"] = f.layers;
  json["expert_layers"] = f.expert_layers;
  json["attention"] = f.attention;
  json["parameters"] = f.parameters;
  json["active_parameters"] = f.active_parameters;
  json["active_parameters_with_embedding"] = f.active_with_embedding;
  json["mtp_parameters"] = f.mtp_parameters;
  json["encoder_parameters"] = f.encoder_parameters;
  json["weights_format"] = f.weights_format;
  auto& others = json["weights_formats"] = nlohmann::ordered_json::object();
  for (const auto& [part, name] : f.other_formats) others[part] = name;
  json["weights_bytes"] = f.weights.value;
  json["weights_GB"] = f.weights.value / 1e9;
  json["kv_format"] = view.kv;
  json["context_tokens"] = view.context;
  json["kv_bytes_per_token"] = f.kv_per_token.value;
  json["kv_bytes_at_context"] = f.kv_per_request.value;
  json["state_bytes_per_request"] = f.state_per_request.value;
  json["training_gflops_per_token"] = f.training_per_token.value / 1e9;
  json["decode_gflops_per_token"] = f.decode_per_token.value / 1e9;
  json["keys_read"] = f.reading.keys_read;
  json["keys_passed_over"] = f.reading.keys_passed_over;
  json["warnings"] = f.reading.warnings;
  auto& fits = json["fits"] = nlohmann::ordered_json::array();
  for (const ModelFit& fit : f.fits) {
    fits.push_back({{"accelerator", fit.accelerator},
                    {"memory_GB", fit.memory.value / 1e9},
                    {"gpus_for_weights", fit.gpus},
                    {"requests_on_8_gpus", fit.node_requests}});
  }
  return json;
}

}  // namespace

std::string model_json(const std::vector<ModelFacts>& models, const ModelView& view) {
  auto list = nlohmann::ordered_json::array();
  for (const ModelFacts& f : models) list.push_back(json_of(f, view));
  if (list.size() == 1) return list[0].dump(2) + "\n";
  return nlohmann::ordered_json{{"models", std::move(list)}}.dump(2) + "\n";
}

}  // namespace teapot

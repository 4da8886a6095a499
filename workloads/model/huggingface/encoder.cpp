// What a multimodal model sees and hears with, counted apart: a decode step does not run it.
// Knows nothing of the language model.

#include <array>
#include <optional>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

std::optional<double> number(const Tree& part, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const Tree* value = part.find(name);
    if (value == nullptr || value->kind != Tree::Kind::scalar || value->quoted) continue;
    try {
      return std::stod(value->text);
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

/// A transformer: four square matrices and a feed-forward of two in each layer; patches and what joins them to the
/// language model (a few tenths of a percent of it) are left out.
double transformer(const Tree& part) {
  const auto hidden = number(part, {"hidden_size", "embed_dim", "width", "d_model", "vt_hidden_size"});
  const auto depth = number(part, {"depth", "num_hidden_layers", "layers", "encoder_layers", "vt_num_hidden_layers", "n_layer"});
  if (!hidden || !depth) return 0;
  auto wide = number(part, {"intermediate_size", "encoder_ffn_dim", "mlp_dim", "vt_intermediate_size"});
  if (!wide) wide = number(part, {"mlp_ratio"}).value_or(4) * *hidden;
  return *depth * (4 * *hidden * *hidden + 2 * *hidden * *wide);
}

}  // namespace

double encoder_parameters(const Keys& top) {
  constexpr std::array parts{"vision_config", "audio_config", "vision_cfg", "vision_tower_config", "visual", "audio_encoder_config"};
  double sum = 0;
  for (const char* name : parts) {
    top.pass(name);
    const Tree* part = top.config().tree().find(name);
    if (part == nullptr || part->kind != Tree::Kind::mapping) continue;
    const double counted = transformer(*part);
    if (counted == 0) top.warn(name, "its shapes are not known; not counted");
    sum += counted;
  }
  return sum;
}

}  // namespace teapot

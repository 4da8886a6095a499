// What a multimodal model sees and hears with, counted apart: a decode step does not run it.
// Knows nothing of the language model.

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

std::optional<double> number(const Config& part, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (!part.has(name) || part.at(name).tree().kind == Tree::Kind::null) continue;
    if (part.at(name).is_mapping()) return std::nullopt;  // several encoders under one name
    if (part.at(name).tree().quoted) part.at(name).fail("expected a number, got a text");
    return part.at(name).as_non_negative<double>();
  }
  return std::nullopt;
}

/// A number without a fraction.
std::optional<double> size(const Config& part, std::initializer_list<const char*> names) {
  const auto found = number(part, names);
  for (const char* name : names) {
    if (found && *found != std::floor(*found) && part.has(name)) part.at(name).fail("expected a whole number");
  }
  if (found && *found > 1e6) part.fail("a width or a depth is above a million");
  return found;
}

/// A transformer: four square matrices and a feed-forward of two in each layer; patches and what joins them to the
/// language model (a few tenths of a percent of it) are left out.
double transformer(const Config& part, const Keys& keys, const char* name) {
  const auto hidden = size(part, {"embed_dim", "hidden_size", "width", "d_model", "vt_hidden_size"});
  const auto depth =
      size(part, {"depth", "num_hidden_layers", "layers", "encoder_layers", "vt_num_hidden_layers", "n_layer"});
  if (!hidden || !depth) return 0;
  const bool tiled = part.has("max_num_tiles");
  if (tiled && !part.has("num_global_layers")) keys.warn(name, "num_global_layers is not given; taken as 0");
  const double depth_of_both = *depth + size(part, {"num_global_layers"}).value_or(0);  // Llama 3.2 Vision
  auto wide = size(part, {"intermediate_size", "encoder_ffn_dim", "mlp_dim", "vt_intermediate_size"});
  if (!wide) {
    const auto ratio = number(part, {"mlp_ratio"});
    keys.warn(name, ratio ? fmt::format(
                                "intermediate_size (or vt_intermediate_size) is not given; taken from mlp_ratio, {:g}",
                                *ratio)
                          : "neither intermediate_size (encoder_ffn_dim, mlp_dim, vt_intermediate_size) nor "
                            "mlp_ratio is given; taken as four times its width");
    if (!part.has("embed_dim") && !part.has("width"))
      keys.warn(name, "neither embed_dim nor width is given; hidden_size (or d_model) taken");
  }
  if (!wide) wide = number(part, {"mlp_ratio"}).value_or(4) * *hidden;
  return depth_of_both * (4 * *hidden * *hidden + 2 * *hidden * *wide);
}

}  // namespace

int image_tokens(const Keys& top) {
  if (!top.is_mapping("vision_config")) return 0;
  const Config part = top.at("vision_config");
  const auto tiles = size(part, {"max_num_tiles"});
  if (!tiles) return 0;
  const auto wide = size(part, {"image_size"});
  const auto patch = size(part, {"patch_size"});
  if (!wide || !patch || *patch < 1 || *wide > 100'000 || *tiles > 1000) return 0;
  const double side = std::floor(*wide / *patch);
  return static_cast<int>(*tiles * (side * side + 1));  // and one for the class of each tile
}

double encoder_parameters(const Keys& top, bool multimodal) {
  constexpr std::array parts{"vision_config", "audio_config",         "vision_cfg", "vision_tower_config",
                             "visual",        "audio_encoder_config", "vit_config"};
  double sum = 0;
  bool found = false;
  for (const char* name : parts) {
    top.pass(name);
    if (!top.is_mapping(name)) continue;
    found = true;
    const Config part = top.at(name);
    const double counted = transformer(part, top, name);
    if (counted == 0)
      top.warn(name,
               "not counted; it gives no depth (num_hidden_layers, layers, encoder_layers, n_layer, "
               "vt_num_hidden_layers) or "
               "no hidden_size (embed_dim, width, d_model, vt_hidden_size)");
    sum += counted;
  }
  const bool hears = top.word_or("model_type", "").find("omni") != std::string::npos;
  for (const char* name : {"vision_config", "audio_config"}) {
    if (hears && !top.has(name)) top.assume(name, "not counted");
  }
  if (multimodal && !found) top.assume("vision_config", "no encoder is counted");
  return sum;
}

}  // namespace teapot

// What the stages of a pipeline are made of.
// Knows no schedule and no time.

#include "workloads/training/chunk_program.hpp"

namespace teapot {

std::vector<ChunkPart> chunk_parts(const Model& model, const Training& training, int stage) {
  std::vector<ChunkPart> parts;
  if (stage == 0) parts.push_back({ChunkPart::Kind::embedding});
  int first = 0;
  for (int s = 0; s < stage; ++s) first += training.layers[static_cast<std::size_t>(s)];
  for (int l = first; l < first + training.layers[static_cast<std::size_t>(stage)]; ++l)
    parts.push_back({ChunkPart::Kind::layer, {model.layers[static_cast<std::size_t>(l)], false}, l});
  if (stage + 1 < static_cast<int>(training.layers.size())) return parts;
  parts.push_back({ChunkPart::Kind::head});
  for (int module = 0; training.prediction && module < model.mtp_modules; ++module) {
    const int number = static_cast<int>(model.layers.size()) + module;
    parts.push_back({ChunkPart::Kind::layer, {model.mtp_layer(), true}, number});
    parts.push_back({ChunkPart::Kind::head});
  }
  return parts;
}

}  // namespace teapot

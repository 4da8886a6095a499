#pragma once
// Where in a config.json the language model is, and what of its configuration class the file leaves out.
// Knows no shapes.

#include <string>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

struct Parts {
  Tree tree;
  std::vector<std::string> path;  ///< from the top to the language model
  std::vector<std::string> warnings;
};

/// `assume:` is left out, and what multimodal files leave to a configuration class is filled in.
Parts find_parts(const Config& config);

/// Throws ConfigError for diffusion models, encoders, encoder-decoders and architectures that are not modelled.
void refuse_other_kinds(const Config& config, const Tree& language_model);

}  // namespace teapot

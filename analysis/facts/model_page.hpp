#pragma once
// The page of known models: counted beside published figures.
// Knows no deployment and no time.

#include <string>
#include <vector>

#include "sim/config.hpp"
#include "workloads/model/model.hpp"

namespace teapot {

/// One model of a list of published figures, with what is counted from its config.json.
struct PublishedModel {
  std::string name;
  std::string family;
  std::string source;
  std::string counts;       ///< what of the vocabulary its authors count as active: embedding+head, head or neither
  double total = 0;         ///< in 10^9
  double active = 0;        ///< in 10^9; 0: dense, or not published
  double digit = 0;         ///< of the active count as printed
  double kv_per_token = 0;  ///< bytes in BF16 by formula; below zero: none is given
  Model model;

  /// Counted as its authors count, in 10^9.
  double counted_active() const;
};

/// Reads a list such as tests/workloads/configs/published.yaml; the config.json of each lies beside it.
std::vector<PublishedModel> read_published(const std::string& file);
/// docs/models.md.
std::string model_page(const std::vector<PublishedModel>& models);

}  // namespace teapot

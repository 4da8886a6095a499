#pragma once
// Who drafts tokens: the model's own module, an EAGLE head, or a small model.
// Does not know how a draft is run.

#include <memory>

#include "analysis/scenario/part_reader.hpp"
#include "workloads/model/draft.hpp"

namespace teapot {

/// Whether `draft` of a decode names a file, a model or a mapping rather than a word.
bool draft_is_named(const Config& decode);
/// Reads `draft` of a decode; null: the model's own prediction module drafts. Throws ConfigError.
std::shared_ptr<const Draft> read_drafter(const Config& decode, const Model& model, PartReader& parts);

}  // namespace teapot

// Asks each kind of mixer for its figures.
// Knows no kind but by its file.

#include "workloads/model/attention.hpp"

#include <algorithm>

#include "workloads/model/mixers/mixer.hpp"

namespace teapot {
namespace {

double nothing(const Attention&, double) { return 0; }

const Mixer no_mixer{nothing, [](const Attention&) { return 0.0; },
                     nothing, nothing,
                     nothing, nothing,
                     [](const Attention&) { return std::string{"none"}; }};

/// FP8 and a scale of FP32 (DeepSeek-V3.2-Exp inference/model.py, class Indexer).
double indexer_row(const Indexer& indexer) { return indexer.top > 0 ? indexer.dim + 4.0 : 0; }

}  // namespace

const Mixer& mixer_of(const Attention& a) {
  switch (a.kind) {
    case Attention::Kind::none:
      break;
    case Attention::Kind::grouped:
      return grouped_mixer;
    case Attention::Kind::latent:
      return latent_mixer;
    case Attention::Kind::compressed:
      return compressed_mixer;
    case Attention::Kind::recurrent:
      switch (a.recurrence.rule) {
        case Recurrence::Rule::delta:
        case Recurrence::Rule::lightning:
          return linear_mixer;
        case Recurrence::Rule::selective:
        case Recurrence::Rule::dual:
          return state_space_mixer;
        case Recurrence::Rule::convolution:
          return convolution_mixer;
      }
  }
  return no_mixer;
}

double within_window(const Attention& a, double context) { return a.window > 0 ? std::min<double>(a.window, context) : context; }

double indexer_parameters(const Indexer& indexer, double query, double hidden) {
  if (indexer.top == 0) return 0;
  return query * indexer.heads * indexer.dim + hidden * (indexer.dim + indexer.heads);  // queries; key and head weights
}

double chosen(const Indexer& indexer, double rows) {
  return indexer.top > 0 ? std::min<double>(indexer.top, rows) : rows;
}

double indexer_flops(const Indexer& indexer, double rows) {
  return indexer.top > 0 ? 2.0 * indexer.heads * indexer.dim * rows : 0;
}

double Attention::cached_values() const { return mixer_of(*this).cached_values(*this); }
double Attention::visible(double context) const { return mixer_of(*this).visible(*this, context); }
double Attention::kept(double context) const { return borrows_cache ? 0 : mixer_of(*this).kept(*this, context); }

double attention_parameters(const Attention& a, double hidden) { return mixer_of(a).parameters(a, hidden); }

Bytes cache_bytes(const Attention& a, const Format& kv, double context) {
  if (a.recurrent() || !a.mixes()) return {};
  Bytes sum = a.kept(context) * activation_bytes(kv, 1, a.cached_values());
  const double keys = a.compression > 0 ? context / a.compression : context;
  return sum + Bytes{keys * indexer_row(a.indexer)};
}

Bytes state_bytes(const Attention& a) {
  if (!a.recurrent()) return {};
  const Recurrence& r = a.recurrence;
  constexpr double bf16 = 2;
  const double before = std::max(0, r.kernel - 1);  // tokens that the convolution still needs
  double channels = r.inner();
  if (r.rule == Recurrence::Rule::delta || r.rule == Recurrence::Rule::dual) channels += 2.0 * r.key_heads * r.key_dim;
  const double state = r.rule == Recurrence::Rule::convolution ? 0 : r.inner() * r.key_dim;
  return {before * channels * bf16 + state * r.state_bytes};
}

Flops decode_flops(const Attention& a, double context) { return {mixer_of(a).decode_flops(a, context)}; }
Flops forward_flops(const Attention& a, double seen) { return {mixer_of(a).forward_flops(a, seen)}; }
std::string attention_name(const Attention& a) { return mixer_of(a).name(a); }

}  // namespace teapot

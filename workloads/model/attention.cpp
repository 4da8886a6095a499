// Asks each kind of mixer for its figures.
// Knows no kind but by its file.

#include "workloads/model/attention.hpp"

#include <algorithm>

#include "workloads/model/mixers/parts.hpp"

namespace teapot {

double Attention::cached_values() const { return mixer_of(*this).cached_values(*this); }
double Attention::visible(double context) const { return mixer_of(*this).visible(*this, context); }
double Attention::kept(double context) const { return borrows_cache ? 0 : mixer_of(*this).rows(*this, context); }

double attention_parameters(const Attention& a, double hidden) { return mixer_of(a).parameters(a, hidden); }

Bytes cache_bytes(const Attention& a, const Format& kv, double context) {
  const double rows = a.kept(context);
  if (rows == 0) return {};
  const double keys = a.compression > 0 ? context / a.compression : context;
  return rows * activation_bytes(kv, 1, a.cached_values()) + keys * indexer_row(a.indexer);
}

Bytes state_bytes(const Attention& a) {
  if (!a.recurrent()) return {};
  const Recurrence& r = a.recurrence;
  const double before = std::max(0, r.kernel - 1);  // tokens that the convolution still needs, in BF16
  double channels = r.inner();
  if (r.rule == Recurrence::Rule::delta || r.rule == Recurrence::Rule::dual) channels += 2.0 * r.key_heads * r.key_dim;
  const double state = r.rule == Recurrence::Rule::convolution ? 0 : r.inner() * r.key_dim;
  return {before * channels * bf16 + state * r.state_bytes};
}

Flops decode_flops(const Attention& a, double context) { return {mixer_of(a).decode_flops(a, context)}; }
Flops forward_flops(const Attention& a, double seen) { return {mixer_of(a).forward_flops(a, seen)}; }
std::string attention_name(const Attention& a) { return mixer_of(a).name(a); }

}  // namespace teapot

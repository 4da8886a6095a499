#pragma once
// A request as it comes, and what became of it.
// Knows no model, no network and no step's time.

#include <cstdint>
#include <vector>

namespace teapot {

struct Arrival {
  double at_s = 0;
  int prompt_tokens = 1;
  int cached_tokens = 0;  ///< of the prompt, found in a prefix cache; below `prompt_tokens`
  int output_tokens = 1;
};

/// What happened to a request; times are below zero where it did not come so far.
struct Served {
  Arrival arrival;
  double prefill_s = -1;    ///< its prompt began to be computed
  double prefilled_s = -1;  ///< all of it was, and the first token was there
  double moved_s = -1;      ///< its cache had come to where it decodes: its first token is out
  double seen_s = -1;       ///< the first tokens that are sent together were out: what a user takes for the first
  double decode_s = -1;     ///< it got a place among those that decode
  double end_s = -1;        ///< its last token was there
  int tokens = 0;           ///< emitted
  double last_token_s = -1;
  int preemptions = 0;

  bool finished() const { return end_s >= 0; }
};

}  // namespace teapot

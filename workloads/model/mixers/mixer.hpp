#pragma once
// What each kind of mixer must say of itself. A kind is one file of this folder.
// Knows no layer and no model.

#include <string>

#include "workloads/model/attention.hpp"

namespace teapot {

struct Mixer {
  double (*parameters)(const Attention&, double hidden);
  double (*cached_values)(const Attention&);           ///< numbers in one row of the cache
  double (*visible)(const Attention&, double context);  ///< rows that one query reads
  double (*kept)(const Attention&, double context);     ///< rows that are stored
  double (*decode_flops)(const Attention&, double context);
  double (*forward_flops)(const Attention&, double seen);
  std::string (*name)(const Attention&);
};

extern const Mixer grouped_mixer;
extern const Mixer latent_mixer;
extern const Mixer compressed_mixer;
extern const Mixer linear_mixer;
extern const Mixer state_space_mixer;
extern const Mixer convolution_mixer;

const Mixer& mixer_of(const Attention& attention);

/// min(window, context), or all of it without a window.
double within_window(const Attention& attention, double context);
/// Parameters of an indexer over queries made of `query` values; its key comes from the hidden state.
double indexer_parameters(const Indexer& indexer, double query, double hidden);
/// Rows chosen of `rows`.
double chosen(const Indexer& indexer, double rows);
/// Scores of `rows` keys for each of its heads.
double indexer_flops(const Indexer& indexer, double rows);

}  // namespace teapot

#pragma once
// What several kinds of mixers have in common: windows, an indexer, the first norm, a recurrence's kernel.
// Knows no kind.

#include <vector>

#include "workloads/model/kernels.hpp"
#include "workloads/model/mixer.hpp"

namespace teapot {

/// min(window, context), or all of it without a window.
double within_window(const Attention& attention, double context);

/// Tokens that a new one of a prompt looks back at, the mean: all before it, at most a window or what an indexer
/// chooses.
double looked_at(const Attention& attention, const Sequences& s);
/// Rows that an indexer scores for each new token.
double scored(const Attention& attention, const Sequences& s);

/// Norm before the first product, and what turns activations into its format.
std::vector<Kernel> entry_kernels(const Model&, const Precision&, double tokens);

/// Parameters of an indexer over queries made of `query` values; its key comes from the hidden state.
double indexer_parameters(const Indexer& indexer, double query, double hidden);
/// Rows chosen of `rows`.
double chosen(const Indexer& indexer, double rows);
/// Scores of `rows` keys for each of its heads.
double indexer_flops(const Indexer& indexer, double rows);
/// Its key of one token in the cache: FP8 with a scale of FP32 (DeepSeek-V3.2-Exp inference/model.py, class Indexer),
/// or plain BF16.
Bytes indexer_row(const Indexer& indexer);
/// Its products from `query` values and the hidden state; every GPU makes them whole.
void add_indexer_projections(std::vector<Kernel>&, const Model&, const Indexer&, const Precision&, double tokens,
                             double query);
/// Its scores over `rows` keys of each sequence, and the choice.
void add_indexer_scores(std::vector<Kernel>&, const Indexer&, const Precision&, const Sequences&, double rows);

/// A state of `values` numbers of each sequence, read and written once a step; `channels` in and out for each token.
Kernel recurrence_kernel(const Attention&, const Sequences&, double values, double channels, double flops_per_token);
/// States of some sequences, split as heads are.
Bytes kept_states(const Attention& a, const Format& kv, const Sequences& s, int shared_by);

double no_rows(const Attention&, double);
double no_values(const Attention&);
/// All matrices split alike.
Bytes split_weights(const Model& model, const Attention& a, const Format& format, int shared_by);

}  // namespace teapot

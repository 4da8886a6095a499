#pragma once
// Number formats: how many bytes a matrix or a token takes with its scales, and on which arithmetic it runs.
// Knows no model and no accelerator.

#include <string>
#include <vector>

#include "sim/config.hpp"
#include "sim/units.hpp"

namespace teapot {

/// A number format with its scales: one for each `tile` values of a row (activations), or for each
/// `block_rows` x `block_columns` of a weight matrix. 0 scale bytes: none.
struct Format {
  std::string name;
  double bits = 16;            ///< of one value
  double tile = 128;           ///< activations: values of a row that share a scale; 0: the whole row
  double tile_bytes = 0;       ///< bytes of that scale
  double block_rows = 128;     ///< weights: rows that share a scale
  double block_columns = 128;  ///< weights: columns that share a scale; 0: the whole row
  double block_bytes = 0;      ///< bytes of that scale
  std::string arithmetic;      ///< what a matrix product runs on when its activations have this format
  double density = 1;          ///< weights: part of the values that is stored (2:4 sparsity: a half, with 2 bits each)
};

/// The formats a scenario can name, sorted.
std::vector<std::string> format_names();
/// Throws ConfigError at the value for an unknown name.
Format read_format(const Config& value);
/// A weight format's name, or {format: bf16, sparsity: 2:4} (semi-structured, as SparseGPT makes it).
Format read_weight_format(const Config& value);
/// A format the program names itself; the name must exist.
const Format& format(const std::string& name);

/// Bytes of a weight matrix with its scales.
Bytes weight_bytes(const Format& format, double rows, double columns);
/// Of matrices of so many numbers, near enough square that a part of a scale block at an edge does not count.
Bytes matrices(const Format& format, double numbers);
/// Bytes of `rows` rows of activations with their scales.
Bytes activation_bytes(const Format& format, double rows, double columns);

/// What one copy of a token takes on the wire.
struct CopyFormat {
  Format format;
  Bytes header;  ///< sent with each copy: DeepEP's low-latency dispatch puts 16 bytes before the token
};
/// A format's name, or {format: fp8, header: 16 B, scales: false}.
CopyFormat read_copy_format(const Config& value, Bytes default_header);
Bytes copy_bytes(const CopyFormat& copy, double hidden);

/// Number formats in which a checkpoint stores each kind of matrix. Gates are BF16.
struct WeightFormats {
  Format attention;
  Format dense;
  Format experts;
  Format shared;
  Format vocabulary;  ///< embedding and head
};

/// The formats of a step.
struct Precision {
  /// Weights, and what enters them, of a part of the model; without a name: as those of most of it.
  struct Part {
    Format weights;
    Format activations;
  };

  Format weights;      ///< of the matrices in attention, feed-forward and experts, but for parts that differ
  Format activations;  ///< of what enters those matrices; picks their arithmetic
  Format attention;    ///< of the core of attention and of MLA's absorbed matrices
  Format kv;
  int kv_window = 0;  ///< tokens of cache kept and read in every layer; 0: as the model's layers say
  CopyFormat dispatch;
  CopyFormat combine;
  Part attention_part{};
  Part dense_part{};
  Part shared_part{};

  /// The same, with the formats of one part in place of `weights` and `activations`.
  Precision in(const Part& part) const;
};
/// Reads `decode.precision`; every key has a default. `published`: in which most of the model's weights come; `parts`:
/// what of it comes otherwise. Throws ConfigError.
Precision read_precision(const Config& section, const Format& published, const WeightFormats& parts = {});

}  // namespace teapot

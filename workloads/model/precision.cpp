// The table of number formats and the arithmetic of their sizes.
// Knows no model and no accelerator.

#include "workloads/model/precision.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "sim/catalogue.hpp"

namespace teapot {
namespace {

// FP8: 1x128 activation tiles and 128x128 weight blocks with FP32 scales (DeepSeek-V3 report, arXiv 2412.19437, 3.3.2).
// INT8: an FP32 scale for each token and each output channel. INT4 (GPTQ, AWQ): groups of 128 along a row with an FP16
// scale and a 4-bit zero point. NVFP4: an FP8 scale for each 16 values. MXFP4 and MXFP8: an 8-bit exponent for each 32.
// FP8 also with one scale for a whole matrix (ModelOpt) or for each output channel (compressed-tensors, FBGEMM); INT4
// in groups of 32 without a zero point (Kimi-K2) or of 64; NF4 (QLoRA, arXiv 2305.14314): an FP32 scale for each 64
// values. GPTQ (arXiv 2210.17323): an FP16 scale and a zero point of as many bits for each row, or for a group of so
// many values. llama.cpp's formats: FP16 scales of 32 values (Q4_1: a minimum too); its k-quants mix widths: mean bits
// of a whole file (tools/quantize/README.md). LogFMT: minimum and step of a 1x128 tile, 2 bytes each (Insights into
// DeepSeek-V3, arXiv 2505.09343, 3.2). E5M6: sign, 5 bits of exponent, 6 of mantissa, in tiles like FP8's
// (arXiv 2412.19437, 3.3.3).
const std::vector<Format>& formats() {
  static const std::vector<Format> table = {
      {"bf16", 16, 0, 0, 1, 0, 0, "bf16", 1},
      {"fp16", 16, 0, 0, 1, 0, 0, "bf16", 1},
      {"fp32", 32, 0, 0, 1, 0, 0, "bf16", 1},
      {"fp8", 8, 128, 4, 128, 128, 4, "fp8", 1},
      {"int8", 8, 0, 4, 1, 0, 4, "int8", 1},
      {"int4", 4, 128, 2.5, 1, 128, 2.5, "bf16", 1},
      {"gptq", 4, 128, 2.5, 1, 128, 2.5, "bf16", 1},
      {"nvfp4", 4, 16, 1, 1, 16, 1, "fp4", 1},
      {"mxfp4", 4, 32, 1, 1, 32, 1, "fp4", 1},
      {"logfmt8", 8, 128, 4, 1, 128, 4, "bf16", 1},
      {"logfmt10", 10, 128, 4, 1, 128, 4, "bf16", 1},
      {"e5m6", 12, 128, 4, 1, 128, 4, "bf16", 1},
      {"int4-32", 4, 32, 2, 1, 32, 2, "bf16", 1},
      {"int4-64", 4, 64, 2.5, 1, 64, 2.5, "bf16", 1},
      {"nf4", 4, 64, 4, 1, 64, 4, "bf16", 1},
      {"fp8-tensor", 8, 0, 0, 1, 0, 0, "fp8", 1},
      {"fp8-channel", 8, 0, 4, 1, 0, 4, "fp8", 1},
      {"mxfp8", 8, 32, 1, 1, 32, 1, "fp8", 1},
      {"gptq-2", 2, 0, 2.25, 1, 0, 2.25, "bf16", 1},
      {"gptq-3", 3, 0, 2.375, 1, 0, 2.375, "bf16", 1},
      {"gptq-4", 4, 0, 2.5, 1, 0, 2.5, "bf16", 1},
      {"gptq-2-32", 2, 32, 2.25, 1, 32, 2.25, "bf16", 1},
      {"gptq-2-64", 2, 64, 2.25, 1, 64, 2.25, "bf16", 1},
      {"gptq-2-128", 2, 128, 2.25, 1, 128, 2.25, "bf16", 1},
      {"gptq-3-128", 3, 128, 2.375, 1, 128, 2.375, "bf16", 1},
      {"gptq-4-128", 4, 128, 2.5, 1, 128, 2.5, "bf16", 1},
      {"q8_0", 8, 32, 2, 1, 32, 2, "bf16", 1},
      {"q4_0", 4, 32, 2, 1, 32, 2, "bf16", 1},
      {"q4_1", 4, 32, 4, 1, 32, 4, "bf16", 1},
      {"q5_0", 5, 32, 2, 1, 32, 2, "bf16", 1},
      {"q2_k", 3, 0, 0, 1, 0, 0, "bf16", 1},
      {"q3_k_m", 3.89, 0, 0, 1, 0, 0, "bf16", 1},
      {"q4_k_s", 4.58, 0, 0, 1, 0, 0, "bf16", 1},
      {"q4_k_m", 4.83, 0, 0, 1, 0, 0, "bf16", 1},
      {"q5_k_m", 5.69, 0, 0, 1, 0, 0, "bf16", 1},
      {"q6_k", 6.5625, 0, 0, 1, 0, 0, "bf16", 1},
  };
  return table;
}

}  // namespace

std::vector<std::string> format_names() {
  std::vector<std::string> names;
  for (const auto& entry : formats()) names.push_back(entry.name);
  std::sort(names.begin(), names.end());
  return names;
}

const Format& format(const std::string& name) {
  const auto found = std::find_if(formats().begin(), formats().end(), [&](const Format& f) { return f.name == name; });
  assert(found != formats().end());
  return *found;
}

Format read_format(const Config& value) { return format(value.as_one_of(format_names(), "format")); }

Format read_weight_format(const Config& value) {
  if (!value.is_mapping()) return read_format(value);
  Format f = read_format(value.at("format", {"Of the numbers", "fp8"}));
  const About about{"Zeros that are not stored: 2:4, or the part of them where they stand anywhere", "2:4", "none"};
  if (!value.has("sparsity", about)) return f;
  const Config sparsity = value.at("sparsity");
  if (sparsity.tree().text == "2:4") {
    f.density = 0.5;
  } else if (sparsity.tree().text != "none") {
    // Anywhere: a bit for each place says whether its value is stored, and what is read is widened before it is
    // multiplied, so that no product is saved.
    const double zeros = sparsity.as<double>();
    if (!(zeros >= 0 && zeros < 1)) sparsity.fail("expected none, 2:4 or a part from 0 to below 1");
    f.bits = (1 - zeros) * f.bits + 1;
  }
  return f;
}

Bytes weight_bytes(const Format& f, double rows, double columns) {
  if (rows * columns == 0) return {};
  const double block_columns = f.block_columns > 0 ? f.block_columns : columns;
  const double scales = f.block_bytes > 0 ? std::ceil(rows / f.block_rows) * std::ceil(columns / block_columns) : 0;
  // Stored values of a sparse matrix carry 2 bits each that say where they stood (2:4: two of four places).
  const double bits = f.density < 1 ? f.density * (f.bits + 2) : f.bits;
  return {rows * columns * bits / 8 + scales * f.block_bytes};
}

Bytes matrices(const Format& format, double numbers) {
  const double rows = format.block_rows;
  return weight_bytes(format, rows, numbers / rows);
}

Bytes activation_bytes(const Format& f, double rows, double columns) {
  const double tile = f.tile > 0 ? f.tile : columns;
  const double scales = f.tile_bytes > 0 ? std::ceil(columns / tile) : 0;
  return {rows * (columns * f.bits / 8 + scales * f.tile_bytes)};
}

CopyFormat read_copy_format(const Config& value, Bytes default_header) {
  if (!value.is_mapping()) return {read_format(value), default_header};
  CopyFormat copy{
      read_format(value.at("format", {"Of the numbers", "fp8"})),
      value.non_negative_or<Bytes>("header", default_header,
                                   {"Sent before each token", "16 B", "16 B of dispatch, none of combine"})};
  if (!value.get_or<bool>("scales", true, {"Whether the scales of narrow formats travel too", "true"}))
    copy.format.tile_bytes = 0;
  return copy;
}

Bytes copy_bytes(const CopyFormat& copy, double hidden) {
  return activation_bytes(copy.format, 1, hidden) + copy.header;
}

}  // namespace teapot

// Reads measured kernels from CSV files.
// Does not interpolate.

#include <algorithm>
#include <filesystem>
#include <map>
#include <sstream>

#include "platforms/kernels/table.hpp"
#include "sim/catalogue.hpp"
#include "sim/config.hpp"
#include "sim/input_file.hpp"

namespace teapot {
namespace {

/// One line of a file, by column.
struct Line {
  std::string file;
  int number = 0;
  std::map<std::string, std::string> cells;

  [[noreturn]] void fail(const std::string& column, const std::string& reason) const {
    throw ConfigError(file + ":" + std::to_string(number) + ":1: " + column + ": " + reason);
  }
  std::string text(const std::string& column) const {
    const auto found = cells.find(column);
    if (found == cells.end() || found->second.empty()) fail(column, "is missing");
    return found->second;
  }
  double positive(const std::string& column) const {
    const std::string cell = text(column);
    std::istringstream stream{cell};
    double value = 0;
    if (!(stream >> value) || !stream.eof() || !(value > 0)) fail(column, "expected a number above zero, got " + cell);
    return value;
  }
};

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream{line};
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

/// C = A B with A of m x k and B of k x n for each group; C in two bytes.
Kernel product(const Line& line, const std::string& kind) {
  Kernel kernel;
  kernel.kind = kind;
  kernel.precision = line.text("precision");
  KernelShape& shape = kernel.shape;
  shape.m = line.positive("m");
  shape.n = line.positive("n");
  shape.k = line.positive("k");
  if (kind == "grouped-gemm") shape.groups = line.positive("groups");
  const double matrices = std::max(1.0, shape.groups);
  kernel.flops = {2 * shape.m * shape.n * shape.k};
  kernel.bytes = {(shape.m * shape.k + matrices * shape.n * shape.k) * value_bytes(kernel.precision) +
                  2 * shape.m * shape.n};
  return kernel;
}

/// Every query head meets every token of context; queries and results in two bytes.
Kernel attention(const Line& line, const std::string& kind) {
  Kernel kernel;
  kernel.kind = kind;
  kernel.precision = line.text("precision");
  KernelShape& shape = kernel.shape;
  shape.heads = line.positive("heads");
  shape.kv_heads = line.positive("kv_heads");
  shape.queries = line.positive("queries");
  shape.batch = line.positive("batch");
  shape.context = line.positive("context");
  const double widths = line.positive("key_dim") + line.positive("value_dim");
  if (kind == "gqa-decode") shape.head_dim = line.positive("key_dim");
  const double tokens = shape.batch * shape.queries;
  kernel.flops = {2 * shape.heads * widths * shape.context * tokens};
  kernel.bytes = {shape.batch * shape.context * line.positive("kv_bytes") + 2 * tokens * shape.heads * widths};
  return kernel;
}

void read_file(const std::string& path, const std::string& kind, std::vector<KernelRow>& rows) {
  std::istringstream stream{read_input(path, most_table_bytes)};
  std::vector<std::string> columns;
  Line line{path, 0, {}};
  for (std::string text; std::getline(stream, text);) {
    ++line.number;
    if (text.empty() || text.front() == '#') continue;
    const auto cells = split(text);
    if (columns.empty()) {
      columns = cells;
      continue;
    }
    if (cells.size() != columns.size()) {
      line.fail("line", "has " + std::to_string(cells.size()) + " cells, expected " + std::to_string(columns.size()));
    }
    line.cells.clear();
    for (std::size_t i = 0; i < cells.size(); ++i) line.cells[columns[i]] = cells[i];
    rows.push_back({line.text("table"), line.text("source"),
                    kind.ends_with("gemm") ? product(line, kind) : attention(line, kind),
                    Seconds{line.positive("time_us") * 1e-6}});
  }
}

}  // namespace

std::vector<KernelRow> read_kernel_rows() {
  std::vector<KernelRow> rows;
  const auto folder = std::filesystem::path{home()} / "platforms" / "kernels";
  for (const char* kind : {"gemm", "grouped-gemm", "mla-decode", "gqa-decode"}) {
    read_file((folder / (std::string{kind} + ".csv")).string(), kind, rows);
  }
  return rows;
}

}  // namespace teapot

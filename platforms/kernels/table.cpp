// Interpolates between measured kernels.
// Does not read files.

#include "platforms/kernels/table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "platforms/kernels/residual.hpp"

namespace teapot {
namespace {

/// Where a kernel stands in its table: rows of tables differ in `across` (sequences, experts), points of a row in
/// `along` (tokens of context, rows of a product).
struct Cell {
  std::string key;
  double across = 1;
  double along = 0;
};

struct Point {
  double along = 0;
  double log_time = 0;
  Kernel kernel;
};

using Row = std::vector<Point>;
using Grid = std::map<double, Row>;

/// All rows of one shape of kernel.
struct Table {
  Grid grid;
  ResidualField residuals;
};

Cell cell(const Kernel& kernel) {
  const KernelShape& s = kernel.shape;
  std::ostringstream key;
  key << kernel.kind << ' ' << kernel.precision << ' ';
  if (kernel.kind == "gemm") {
    key << s.n << ' ' << s.k;
    return {key.str(), 1, s.m};
  }
  if (kernel.kind == "grouped-gemm") {
    key << s.n << ' ' << s.k;
    return {key.str(), s.groups, s.groups > 0 ? s.m / s.groups : 0};
  }
  key << s.heads << ' ' << s.kv_heads << ' ' << s.queries;
  if (kernel.kind == "gqa-decode") key << ' ' << s.head_dim;
  return {key.str(), s.batch, s.context};
}

/// The kernel of the same table at another place; sizes are those of `like`, scaled.
Kernel moved(const Kernel& like, double across, double along) {
  Kernel kernel = like;
  KernelShape& s = kernel.shape;
  if (kernel.kind.ends_with("gemm")) {
    const double groups = kernel.kind == "grouped-gemm" ? across : 1;
    const double old_groups = kernel.kind == "grouped-gemm" ? s.groups : 1;
    const double rows = groups * along;
    const double width = (like.bytes.value - 2 * s.m * s.n) / (s.m * s.k + old_groups * s.n * s.k);
    kernel.flops = {2 * rows * s.n * s.k};
    kernel.bytes = {(rows * s.k + groups * s.n * s.k) * width + 2 * rows * s.n};
    s.m = rows;
    if (s.groups > 0) s.groups = groups;
    return kernel;
  }
  const double work = across * along / (s.batch * s.context);
  // Queries and results are values of two bytes, each of which meets every token: one FLOP of (multiply, add) a byte
  // and token. They go with the sequences alone, the cache with the context too.
  const Bytes queries{std::min(like.flops.value / s.context, like.bytes.value)};
  kernel.flops = like.flops * work;
  kernel.bytes = (like.bytes - queries) * work + queries * (across / s.batch);
  s.batch = across;
  s.context = along;
  return kernel;
}

/// Makes times rise along the row: neighbours that fall are pooled to their mean, as noise does not make work cheaper.
Row rising(Row row) {
  std::stable_sort(row.begin(), row.end(), [](const Point& a, const Point& b) { return a.along < b.along; });
  std::vector<std::pair<double, double>> pools;  // mean, weight
  for (const Point& point : row) {
    pools.emplace_back(point.log_time, 1.0);
    while (pools.size() > 1 && pools[pools.size() - 2].first > pools.back().first) {
      const auto [mean, weight] = pools.back();
      pools.pop_back();
      auto& [before, count] = pools.back();
      before = (before * count + mean * weight) / (count + weight);
      count += weight;
    }
  }
  std::size_t next = 0;
  for (const auto& [mean, weight] : pools) {
    for (int i = 0; i < static_cast<int>(weight); ++i) row[next++].log_time = mean;
  }
  row.erase(std::unique(row.begin(), row.end(), [](const Point& a, const Point& b) { return a.along == b.along; }),
            row.end());
  return row;
}

double log_of(const TimeKernel& model, const Kernel& kernel) { return std::log(model(kernel).time.value); }

/// How far, in powers of e, a row's distance from the model holds. Products jump with their tiles: the likelihood of
/// the H800's is highest at 0.35 (grouped) and 1.4 (single) and flat between. Attention is smooth.
double reach_of(const std::string& kind) { return kind.ends_with("gemm") ? 0.5 : 2; }

ResidualField residuals(const Grid& grid, const TimeKernel& model) {
  const double reach = reach_of(grid.begin()->second.front().kernel.kind);
  std::vector<Residual> rows;
  for (const auto& [across, row] : grid) {
    std::set<double> seen;
    for (const Point& point : row) {
      if (!seen.insert(point.along).second) continue;
      rows.push_back({std::log(point.along), std::log(across), point.log_time - log_of(model, point.kernel)});
    }
  }
  return ResidualField{std::move(rows), reach};
}

/// The row with points put between its own, four to each doubling: the model there, with the residual of the rows
/// around it, but never below the point before nor above the next measured one.
Row refined(const Row& row, double across, const ResidualField& field, const TimeKernel& model) {
  Row result;
  for (const Point& next : row) {
    if (!result.empty()) {
      const Point last = result.back();
      const double width = std::log(next.along / last.along);
      const int parts = static_cast<int>(std::ceil(width / std::log(2) * 4));
      for (int i = 1; i < parts; ++i) {
        Point between;
        between.along = last.along * std::exp(width * i / parts);
        between.kernel = moved(last.kernel, across, between.along);
        const double guess = log_of(model, between.kernel) + field.at(std::log(between.along), std::log(across));
        between.log_time = std::clamp(guess, result.back().log_time, next.log_time);
        result.push_back(between);
      }
    }
    result.push_back(next);
  }
  return result;
}

/// How far x is from a to b: as the model says where it changes, else by the logarithm of the place.
double part(double model_a, double model_x, double model_b, double a, double x, double b) {
  if (model_b - model_a > 1e-9) return std::clamp((model_x - model_a) / (model_b - model_a), 0.0, 1.0);
  return std::log(x / a) / std::log(b / a);
}

/// Logarithm of the time at `along`, between the two points beside it; nothing beyond the row's ends.
std::optional<double> on_row(const Row& row, double across, double along, const TimeKernel& model) {
  const auto after = std::find_if(row.begin(), row.end(), [&](const Point& p) { return p.along >= along; });
  if (after == row.end()) return {};
  if (after->along == along) return after->log_time;
  if (after == row.begin()) return {};
  const Point& a = *(after - 1);
  const Point& b = *after;
  const double place = part(log_of(model, a.kernel), log_of(model, moved(a.kernel, across, along)),
                            log_of(model, b.kernel), a.along, along, b.along);
  return a.log_time + place * (b.log_time - a.log_time);
}

std::optional<double> on_grid(const Grid& grid, const Cell& at, const TimeKernel& model) {
  const auto after = grid.lower_bound(at.across);
  if (after == grid.end()) return {};
  // Fewer sequences or experts never take longer, so a row also bounds those after it.
  double floor = -std::numeric_limits<double>::infinity();
  for (auto row = grid.begin(); row != after; ++row) {
    if (const auto value = on_row(row->second, row->first, at.along, model)) floor = std::max(floor, *value);
  }
  auto above = on_row(after->second, after->first, at.along, model);
  if (!above) return {};
  above = std::max(*above, floor);
  if (after->first == at.across) return above;
  if (after == grid.begin()) return {};
  const auto before = std::prev(after);
  const auto below = on_row(before->second, before->first, at.along, model);
  if (!below) return {};
  const Kernel& like = after->second.front().kernel;
  const double place =
      part(log_of(model, moved(like, before->first, at.along)), log_of(model, moved(like, at.across, at.along)),
           log_of(model, moved(like, after->first, at.along)), before->first, at.across, after->first);
  return floor + place * (*above - floor);
}

/// A cache of other width than the measured one is another kernel; tables hold no such row beside it.
bool same_widths(const Kernel& kernel, const Kernel& measured) {
  const KernelShape& s = kernel.shape;
  const Kernel same = moved(measured, kernel.kind == "gemm" ? 1 : cell(kernel).across, cell(kernel).along);
  const double ratio = kernel.bytes.value / same.bytes.value;
  return ratio > 0.75 && ratio < 1.33 && (s.m > 0 || s.batch > 0);
}

Table table_of(Grid grid, const TimeKernel& model) {
  Table table;
  table.residuals = residuals(grid, model);
  for (auto& [across, row] : grid) row = refined(rising(std::move(row)), across, table.residuals, model);
  table.grid = std::move(grid);
  return table;
}

/// Places from x to the end of the rows it is outside of, four to each doubling counted from that end; x is the first.
std::vector<double> toward(double x, double least, double most) {
  std::vector<double> places{x};
  const double step = std::exp2(0.25);
  if (x < least)
    for (double place = least; place > x; place /= step) places.push_back(place);
  if (x > most)
    for (double place = most; place < x; place *= step) places.push_back(place);
  return places;
}

/// Logarithm of the time beyond the rows: the model with the correction of the rows that are near. As that fades it
/// may outweigh the little that the model grows, so the time is held to the order of its places: fewer tokens of
/// context never take longer than more, on the way to the rows.
double beyond(const Table& table, const Kernel& kernel, const Cell& at, const TimeKernel& model) {
  double least = std::numeric_limits<double>::infinity();
  double most = 0;
  for (const auto& [across, row] : table.grid) {
    least = std::min(least, row.front().along);
    most = std::max(most, row.back().along);
  }
  std::optional<double> bound;
  for (const double along : toward(at.along, least, most)) {
    const double value =
        log_of(model, moved(kernel, at.across, along)) + table.residuals.at(std::log(along), std::log(at.across));
    if (!bound) {
      bound = value;
    } else {
      bound = at.along < least ? std::min(*bound, value) : std::max(*bound, value);
    }
  }
  return *bound;
}

}  // namespace

TimeKernel measured(const Accelerator& accelerator, const std::vector<KernelRow>& rows) {
  std::map<std::string, Grid> grids;
  std::set<std::pair<std::string, std::pair<double, double>>> places;
  for (const auto& name : accelerator.tables) {
    std::map<std::string, Grid> of_table;
    for (const auto& row : rows) {
      if (row.table != name) continue;
      const Cell at = cell(row.kernel);
      of_table[at.key][at.across].push_back({at.along, std::log(row.time.value), row.kernel});
      places.insert({at.key, {at.across, at.along}});
    }
    grids.merge(of_table);  // a table named earlier goes first
  }
  const TimeKernel model = modelled(accelerator);
  std::map<std::string, Table> tables;
  for (auto& [key, grid] : grids) tables.emplace(key, table_of(std::move(grid), model));
  return [tables, places, model](const Kernel& kernel) {
    const Cell at = cell(kernel);
    const auto table = tables.find(at.key);
    if (table == tables.end() || !(at.along > 0)) return model(kernel);
    const Grid& grid = table->second.grid;
    if (!same_widths(kernel, grid.begin()->second.front().kernel)) return model(kernel);
    if (const auto log_time = on_grid(grid, at, model)) {
      const bool is_row = places.contains({at.key, {at.across, at.along}});
      return KernelTime{Seconds{std::exp(*log_time)} * kernel.launches,
                        is_row ? Provenance::measured : Provenance::interpolated};
    }
    const KernelTime time = model(kernel);
    const double log_model = log_of(model, kernel);
    return KernelTime{time.time * std::exp(beyond(table->second, kernel, at, model) - log_model), time.provenance};
  };
}

TimeKernel measured(const Accelerator& accelerator) { return measured(accelerator, read_kernel_rows()); }

}  // namespace teapot

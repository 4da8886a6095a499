// Multilinear interpolation in cells that are halved where it errs.
// Knows not what the function is.

#include "analysis/serving/surface.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace teapot {
namespace {

constexpr double narrowest = 1.15;  // a cell's upper over its lower end

}  // namespace

Surface::Surface(std::vector<SurfaceAxis> axes, Point point, double allowed)
    : axes_(std::move(axes)), point_(std::move(point)), allowed_(allowed) {}

double Surface::known(const std::vector<double>& at) {
  const auto found = known_.find(at);
  if (found != known_.end()) return found->second;
  return known_.emplace(at, point_(at)).first->second;
}

std::vector<double> Surface::middle(const Cell& cell) const {
  std::vector<double> middle;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    const double mean = std::sqrt(cell.low[a] * cell.high[a]);
    middle.push_back(axes_[a].whole ? std::round(mean) : mean);
  }
  return middle;
}

double Surface::interpolate(const Cell& cell, const std::vector<double>& x) {
  double sum = 0;
  for (std::size_t corner = 0; corner < std::size_t{1} << axes_.size(); ++corner) {
    double weight = 1;
    std::vector<double> at;
    for (std::size_t a = 0; a < axes_.size(); ++a) {
      const double part = (x[a] - cell.low[a]) / (cell.high[a] - cell.low[a]);
      const bool upper = (corner >> a & 1) != 0;
      weight *= upper ? part : 1 - part;
      at.push_back(upper ? cell.high[a] : cell.low[a]);
    }
    if (weight != 0) sum += weight * known(at);
  }
  return sum;
}

/// How far interpolation is off on the edge of a cell along an axis, at the other axes' upper ends.
double Surface::error_along(std::size_t axis, const Cell& cell, const std::vector<double>& middle) {
  std::vector<double> at = cell.high;
  at[axis] = middle[axis];
  const double truth = known(at);
  return truth > 0 ? std::abs(interpolate(cell, at) / truth - 1) : 0;
}

/// Compares the middle with what is interpolated there, and halves the cell where they differ: along the axis on whose
/// edge interpolation errs most, and the longest where none errs. The points on edges are corners of what is halved.
void Surface::check(Cell& cell) {
  cell.checked = true;
  const auto at = middle(cell);
  const double truth = known(at);
  cell.error = truth > 0 ? std::abs(interpolate(cell, at) / truth - 1) : 0;
  if (cell.error <= allowed_) return;
  std::vector<std::size_t> divisible;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    if (cell.high[a] / cell.low[a] > narrowest && at[a] > cell.low[a] && at[a] < cell.high[a]) divisible.push_back(a);
  }
  if (divisible.empty()) return;
  const bool all = divisible.size() == axes_.size();
  std::pair<double, double> most{-1, 0};  // error on the edge, length
  for (const std::size_t a : divisible) {
    const double along = axes_.size() > 1 ? error_along(a, cell, at) : cell.error;
    const std::pair worth{along > allowed_ / 4 ? along : 0, cell.high[a] / cell.low[a]};
    if (worth <= most) continue;
    most = worth;
    cell.split = static_cast<int>(a);
  }
  // What errs is an axis that is not halved any more: a jump lies there.
  if (!all && most.first == 0) cell.split = -1;
  if (cell.split < 0) return;
  const auto a = static_cast<std::size_t>(cell.split);
  cell.below = std::make_unique<Cell>(Cell{cell.low, cell.high, false, 0, -1, nullptr, nullptr});
  cell.above = std::make_unique<Cell>(Cell{cell.low, cell.high, false, 0, -1, nullptr, nullptr});
  cell.below->high[a] = cell.above->low[a] = at[a];
}

double Surface::at(std::vector<double> x) {
  ++asked_;
  std::vector<int> index;
  Cell whole;
  for (std::size_t a = 0; a < axes_.size(); ++a) {
    const SurfaceAxis& axis = axes_[a];
    x[a] = std::max(x[a], axis.least);
    int k = static_cast<int>(std::floor(std::log(x[a] / axis.least) / std::log(axis.ratio)));
    while (axis.least * std::pow(axis.ratio, k + 1) <= x[a]) ++k;
    while (axis.least * std::pow(axis.ratio, k) > x[a]) --k;
    index.push_back(k);
    whole.low.push_back(axis.least * std::pow(axis.ratio, k));
    whole.high.push_back(axis.least * std::pow(axis.ratio, k + 1));
  }
  Cell* cell = &cells_.try_emplace(index, std::move(whole)).first->second;
  for (;;) {
    if (!cell->checked) check(*cell);
    if (cell->split < 0) return interpolate(*cell, x);
    const auto a = static_cast<std::size_t>(cell->split);
    cell = (x[a] < cell->above->low[a] ? cell->below : cell->above).get();
  }
}

void Surface::collect(const Cell& cell, std::vector<double>& errors) const {
  if (!cell.checked) return;
  if (cell.split < 0) {
    errors.push_back(cell.error);
    return;
  }
  collect(*cell.below, errors);
  collect(*cell.above, errors);
}

std::vector<double> Surface::errors() const {
  std::vector<double> errors;
  for (const auto& [index, cell] : cells_) collect(cell, errors);
  return errors;
}

}  // namespace teapot

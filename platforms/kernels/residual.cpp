// Kriging over the rows of one table.
// Does not know what was measured.

#include "platforms/kernels/residual.hpp"

#include <cassert>
#include <cmath>

namespace teapot {
namespace {

double correlation(double along, double across, double reach) {
  return std::exp(-(std::abs(along) + std::abs(across)) / reach);
}

}  // namespace

ResidualField::ResidualField(std::vector<Residual> rows, double reach)
    : rows_(std::move(rows)), weights_(rows_.size()), reach_(reach) {
  const std::size_t n = rows_.size();
  // Cholesky's factor of the correlations, which are positive definite as no two places are the same, then both
  // substitutions. Tables have at most 60 rows, and plain loops give the same bits with every compiler.
  std::vector<std::vector<double>> factor(n);
  for (std::size_t i = 0; i < n; ++i) {
    double value = rows_[i].value;
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = correlation(rows_[i].along - rows_[j].along, rows_[i].across - rows_[j].across, reach);
      for (std::size_t k = 0; k < j; ++k) sum -= factor[i][k] * factor[j][k];
      assert(i != j || sum > 0);
      factor[i].push_back(i == j ? std::sqrt(sum) : sum / factor[j][j]);
      if (j < i) value -= factor[i][j] * weights_[j];
    }
    weights_[i] = value / factor[i][i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) weights_[i] -= factor[k][i] * weights_[k];
    weights_[i] /= factor[i][i];
  }
}

double ResidualField::at(double along, double across) const {
  double sum = 0;
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    sum += weights_[i] * correlation(along - rows_[i].along, across - rows_[i].across, reach_);
  }
  return sum;
}

}  // namespace teapot

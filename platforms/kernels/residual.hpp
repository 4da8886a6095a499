#pragma once
// How far the measured rows of a table lie off the model, and what that says of places between and beyond them.
// Knows no kernel: places are numbers.

#include <vector>

namespace teapot {

/// One row: where it stands in its table (logarithms) and log(measured / modelled) there.
struct Residual {
  double along = 0;   ///< ln of context tokens, or of rows of a product
  double across = 0;  ///< ln of sequences, or of experts
  double value = 0;
};

/// The residuals' conditional mean where each is correlated to the others by exp(-|distance| / reach) along both axes
/// (simple kriging, Rasmussen and Williams 2006, equations 2.25 and 4.18): a row itself is met exactly, and far from
/// all rows nothing is left but the model.
class ResidualField {
 public:
  ResidualField() = default;
  /// No two rows at the same place; `reach` in powers of e.
  ResidualField(std::vector<Residual> rows, double reach);
  double at(double along, double across) const;

 private:
  std::vector<Residual> rows_;
  std::vector<double> weights_;
  double reach_ = 1;
};

}  // namespace teapot

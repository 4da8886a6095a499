#pragma once
// A function of a few numbers that is costly at each point: points are made when first needed, what lies between them
// is interpolated, and where that errs more than allowed there are more points. Knows not what the function is.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace teapot {

/// One of the numbers. Points stand at least * ratio^k; what is below `least` is taken as it.
struct SurfaceAxis {
  double least = 1;
  double ratio = 2;
  bool whole = false;  ///< only whole numbers
};

class Surface {
 public:
  using Point = std::function<double(const std::vector<double>& at)>;

  /// `allowed`: relative error of the interpolation at the middle of a cell.
  Surface(std::vector<SurfaceAxis> axes, Point point, double allowed = 0.01);

  double at(std::vector<double> x);

  /// Points made so far, those in the middle of cells included.
  std::int64_t points() const { return static_cast<std::int64_t>(known_.size()); }
  std::int64_t interpolated() const { return asked_; }
  /// Relative errors at the middles of the cells in use: points that the interpolation does not see.
  std::vector<double> errors() const;

 private:
  struct Cell {
    std::vector<double> low;
    std::vector<double> high;
    bool checked = false;
    double error = 0;
    int split = -1;  // axis
    std::unique_ptr<Cell> below;
    std::unique_ptr<Cell> above;
  };

  double known(const std::vector<double>& at);
  double interpolate(const Cell& cell, const std::vector<double>& x);
  std::vector<double> middle(const Cell& cell) const;
  double error_along(std::size_t axis, const Cell& cell, const std::vector<double>& middle);
  void check(Cell& cell);
  void collect(const Cell& cell, std::vector<double>& errors) const;

  std::vector<SurfaceAxis> axes_;
  Point point_;
  double allowed_;
  std::int64_t asked_ = 0;
  std::map<std::vector<double>, double> known_;
  std::map<std::vector<int>, Cell> cells_;
};

}  // namespace teapot

#pragma once
// How far a sweep is: a bar on a terminal, plain lines elsewhere. Writes to stderr.
// Does not know what the points are.

#include <chrono>
#include <cstddef>
#include <string>

namespace teapot {

class SweepProgress {
 public:
  /// `done` of `total` were there before. A terminal sees the bar at once, before a point ends.
  SweepProgress(std::size_t total, std::size_t done);
  void add(bool failed, double tpot_ms);
  void clear();  ///< takes the bar away

 private:
  std::string line() const;
  void draw(const std::string& words);

  std::size_t total_, before_, done_;
  std::size_t failed_ = 0;
  double best_ms_ = 0;
  bool terminal_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begin_, last_;
};

}  // namespace teapot

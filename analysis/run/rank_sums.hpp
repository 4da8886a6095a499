#pragma once
// How long ranks computed, communicated and waited for what they sent: a timeline summed over ranks.
// Knows no operator beyond its kind, and no means.

#include <array>
#include <vector>

#include "sim/timeline.hpp"

namespace teapot {

/// What the sums ask of a program's operators.
struct OperatorKinds {
  std::vector<int> kind;            ///< by operator: operators of one name are one kind
  std::vector<char> on_cpu;         ///< by operator: the host computes it
  std::vector<char> communication;  ///< by kind
};

/// Seconds that the rank which computed longest did so, on its GPU or its host's CPUs, and which it was.
struct Busiest {
  double seconds = 0;
  int rank = 0;

  void see(double own, int of) {
    if (own > seconds) *this = {own, of};
  }
};

/// Seconds summed over ranks.
class RankSums {
 public:
  /// Both must outlive it.
  RankSums(const OperatorKinds& kinds, const Timeline& timeline)
      : busy(kinds.communication.size()),
        exposed(busy.size()),
        longest(busy.size()),
        kinds_(kinds),
        timeline_(timeline) {}

  /// Ranks from the first to before the second.
  void add(int first, int beyond);

  std::vector<double> busy, exposed;  ///< by kind; exposed: in flight while the rank computed nothing
  std::vector<double> longest;        ///< by kind: of one operator on one rank
  double compute = 0, communication = 0, exposed_all = 0;
  Busiest gpu, cpu;

 private:
  struct Ran {
    BusyInterval time;
    int op;
  };
  /// A collective under way.
  struct Flight {
    BusyInterval time;
    int kind;
  };
  static constexpr int together = 8;  // ranks whose times of an operator share a cache line

  void gather(int first, int count);
  void add_rank(int rank, const std::vector<Ran>& ran);
  void add_exposed(double computing_s);
  double expose();

  const OperatorKinds& kinds_;
  const Timeline& timeline_;
  std::array<std::vector<Ran>, together> ran_;
  // Of one rank; kept for their memory.
  std::vector<BusyInterval> computing_, on_cpu_, flying_, busy_computing_, busy_flying_;
  std::vector<Flight> flights_;
};

}  // namespace teapot

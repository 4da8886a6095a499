#pragma once
// What a benchmark and its children have used of the machine.
// Measures no wall time.

#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>

namespace teapot {

/// Processor time of this process and its ended children, in ms: what others do on the machine is not in it.
inline double cpu_ms() {
  double ms = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      ms += 1e3 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_usec);
    }
  }
  return ms;
}

inline double peak_megabytes() {
  rusage own{}, children{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  return static_cast<double>(std::max(own.ru_maxrss, children.ru_maxrss)) / 1000;
}

}  // namespace teapot

// Asks the system.
// Does not free anything.

#include "sim/memory_limit.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <fstream>

#include "sim/config.hpp"

namespace teapot {
namespace {

/// The control group's limit where it is below `bytes`.
double within_group(double bytes) {
  double limit = 0;
  if (std::ifstream group{"/sys/fs/cgroup/memory.max"}; group >> limit && limit > 0) bytes = std::min(bytes, limit);
  return bytes;
}

double machine_memory() {
  struct sysinfo info {};
  if (sysinfo(&info) != 0) return 0;
  return within_group(static_cast<double>(info.totalram) * info.mem_unit);
}

}  // namespace

double available_memory() {
  double bytes = 0;
  std::ifstream info{"/proc/meminfo"};
  for (std::string name, unit; info >> name;) {
    double number = 0;
    if (name == "MemAvailable:" && info >> number) bytes = number * 1024;
    std::getline(info, unit);
  }
  return within_group(bytes);
}

void limit_memory(double bytes) {
#ifndef __SANITIZE_ADDRESS__  // its shadow counts as memory, terabytes of it
  rlimit limit{};
  if (getrlimit(RLIMIT_DATA, &limit) != 0) return;
  limit.rlim_cur = std::min(static_cast<rlim_t>(bytes), limit.rlim_max);
  setrlimit(RLIMIT_DATA, &limit);
#else
  static_cast<void>(bytes);
#endif
}

double memory_limit() {
  rlimit limit{};
  const bool limited = getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return limited ? static_cast<double>(limit.rlim_cur) : machine_memory();
}

void require_memory(const std::string& what, double bytes) {
  const double limit = memory_limit();
  if (limit <= 0 || bytes <= limit) return;
  throw ConfigError(fmt::format("{} needs about {} of memory, {} may be used (--limit-memory)", what,
                                to_text(Bytes{bytes}), to_text(Bytes{limit})));
}

}  // namespace teapot

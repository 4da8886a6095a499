// Writes how far something is to stderr.
// Does not know what is going on.

#include "analysis/facts/fabric_progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace teapot {

FabricProgress::FabricProgress(std::string what)
    : what_(std::move(what)), watched_(isatty(STDERR_FILENO) != 0), begin_(std::chrono::steady_clock::now()) {}

FabricProgress::~FabricProgress() {
  if (shown_) fmt::print(stderr, "\r\033[K");
}

void FabricProgress::operator()(double fraction) {
  if (!watched_ || std::chrono::steady_clock::now() - begin_ < std::chrono::seconds{1}) return;
  fmt::print(stderr, "\r{} {:3.0f}% ", what_, fraction * 100);
  std::fflush(stderr);
  shown_ = true;
}

}  // namespace teapot

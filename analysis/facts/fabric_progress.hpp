#pragma once
// A line on the terminal for what takes longer than a second; nothing where nobody watches.
// Does not know what is going on.

#include <chrono>
#include <string>

namespace teapot {

class FabricProgress {
 public:
  explicit FabricProgress(std::string what);
  FabricProgress(const FabricProgress&) = delete;
  FabricProgress& operator=(const FabricProgress&) = delete;
  ~FabricProgress();  ///< takes the line away
  void operator()(double fraction);

 private:
  std::string what_;
  bool watched_ = false;
  bool shown_ = false;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace teapot

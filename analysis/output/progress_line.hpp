#pragma once
// How far a long piece of work is, on stderr, from the first second on.
// Does not know what the work is.

#include <chrono>
#include <string>

namespace teapot {

/// Writes as it is; nobody hears where stderr is full or closed (fmt::print throws there, and a run must not end by
/// it).
void to_stderr(const std::string& text);

/// On a terminal a line that is written over, and gone at the end. Elsewhere a line of its own every ten seconds, so
/// that what ends sooner says nothing and a log shows that something goes on.
class ProgressLine {
 public:
  ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() { clear(); }

  /// "what, 20%, about 40 s to go"; without the rest where the fraction is 0.
  void operator()(const std::string& what, double fraction);
  /// Before work of so many seconds during which nobody can say how far it is.
  void announce(const std::string& what, double seconds);
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  void write(const std::string& text);

  bool terminal_;
  bool used_ = false;
  Clock::time_point begin_ = Clock::now();
  Clock::time_point next_;
};

}  // namespace teapot

// Writes to stderr, seldom.
// Does not know what the work is.

#include "analysis/output/progress_line.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace teapot {
namespace {

constexpr std::chrono::milliseconds first_on_terminal{1000}, between_on_terminal{200};
constexpr std::chrono::milliseconds between_lines{10'000};

}  // namespace

ProgressLine::ProgressLine()
    : terminal_(isatty(STDERR_FILENO) == 1), next_(begin_ + (terminal_ ? first_on_terminal : between_lines)) {}

void to_stderr(const std::string& text) {
  std::fputs(text.c_str(), stderr);
  std::fflush(stderr);
}

void ProgressLine::write(const std::string& text) {
  to_stderr(terminal_ ? "\r\033[K" + text : text + '\n');
  used_ = true;
}

void ProgressLine::operator()(const std::string& what, double fraction) {
  const auto now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? between_on_terminal : between_lines);
  const double elapsed = std::chrono::duration<double>(now - begin_).count();
  write(fraction <= 0 ? what
                      : fmt::format("{}, {:.0f}%, about {:.0f} s to go", what, 100 * fraction,
                                    elapsed * (1 - fraction) / fraction));
}

void ProgressLine::announce(const std::string& what, double seconds) {
  if (seconds < std::chrono::duration<double>(terminal_ ? first_on_terminal : between_lines).count()) return;
  write(fmt::format("{}, about {:.0f} s", what, seconds));
}

void ProgressLine::clear() {
  if (terminal_ && used_) to_stderr("\r\033[K");
  used_ = false;
}

}  // namespace teapot

// Draws the bar.
// Does not know what the points are.

#include "analysis/sweep/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "analysis/output/progress_line.hpp"

namespace teapot {

SweepProgress::SweepProgress(std::size_t total, std::size_t done)
    : total_(total),
      before_(done),
      done_(done),
      terminal_(isatty(STDERR_FILENO) == 1),
      begin_(std::chrono::steady_clock::now()),
      last_(begin_) {
  if (terminal_ && done_ < total_)
    draw(fmt::format("{}/{}, simulating; the time to go is known after the first", done_, total_));
}

std::string SweepProgress::line() const {
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin_;
  const double rate = static_cast<double>(done_ - before_) / std::max(1e-9, passed.count());
  std::string text = fmt::format("{}/{}, {:.1f} a second", done_, total_, rate);
  if (done_ < total_) text += fmt::format(", {:.0f} s to go", static_cast<double>(total_ - done_) / rate);
  if (best_ms_ > 0) text += fmt::format(", best TPOT {:.3f} ms", best_ms_);
  if (failed_ > 0) text += fmt::format(", {} failed", failed_);
  return text;
}

void SweepProgress::add(bool failed, double tpot_ms) {
  ++done_;
  if (failed) ++failed_;
  if (!failed && (best_ms_ == 0 || tpot_ms < best_ms_)) best_ms_ = tpot_ms;
  const auto now = std::chrono::steady_clock::now();
  const std::chrono::duration<double> silence = now - last_;
  if (silence.count() < (terminal_ ? 0.1 : 10) && done_ < total_) return;
  last_ = now;
  if (!terminal_) {
    to_stderr(fmt::format("{}\n", line()));
    return;
  }
  draw(line());
}

void SweepProgress::draw(const std::string& words) {
  constexpr std::size_t width = 24;
  const std::size_t full = width * done_ / std::max<std::size_t>(1, total_);
  to_stderr(fmt::format("\r[{}{}] {}\033[K", std::string(full, '#'), std::string(width - full, '.'), words));
  shown_ = true;
}

void SweepProgress::clear() {
  if (shown_) to_stderr("\r\033[K");
  shown_ = false;
}

}  // namespace teapot

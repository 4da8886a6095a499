// Reads what was meant, and writes it plainly.
// Does not know what the number is of.

#include "sim/number_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <string_view>

namespace teapot {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Without what parts thousands: 1_000, 4,096, 4'096; groups of three, so that 4,5 stays what it is.
std::string joined_thousands(const std::string& text) {
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool parts = std::string_view{"_,' "}.find(text[i]) != std::string_view::npos && i > 0 &&
                       is_digit(text[i - 1]) && i + 3 < text.size() && is_digit(text[i + 1]) && is_digit(text[i + 2]) &&
                       is_digit(text[i + 3]) && (i + 4 == text.size() || !is_digit(text[i + 4]));
    if (!parts) digits += text[i];
  }
  return digits;
}

std::string plainly(double value, bool whole) {
  if (!std::isfinite(value) || std::abs(value) >= 1e15) return {};
  if (whole || value == std::floor(value)) return value == std::floor(value) ? fmt::format("{:.0f}", value) : "";
  return fmt::format("{:g}", value);
}

}  // namespace

std::string write_instead(const std::string& text, bool whole) {
  if (text.size() > 40) return {};
  const std::string digits = joined_thousands(text);
  const char* begin = digits.c_str();
  if (!is_digit(digits.empty() ? ' ' : digits[digits[0] == '-' ? 1 : 0])) return {};
  char* end = nullptr;
  const double value = std::strtod(begin, &end);
  std::string_view rest{end};
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  std::string say = plainly(value, whole);
  if (rest == "%") {
    say = plainly(value / 100, whole);
  } else if (rest == "k" || rest == "K") {
    say = fmt::format("{}, or {}", plainly(value * 1000, whole), plainly(value * 1024, whole));
  } else if (rest == "M") {
    say = fmt::format("{}, or {}", plainly(value * 1e6, whole), plainly(value * 1024 * 1024, whole));
  } else if (!rest.empty() && rest != "tokens" && rest != "GPUs" && rest != "gpus" && rest != "requests") {
    return {};
  }
  return say.empty() || say.starts_with(", ") || say.ends_with("or ") || say == text ? "" : " (write " + say + ")";
}

}  // namespace teapot

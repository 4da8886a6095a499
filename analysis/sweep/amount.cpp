// Splits numbers from units.
// Does not know where they are written.

#include "analysis/sweep/amount.hpp"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <stdexcept>

#include "sim/units.hpp"

namespace teapot {
namespace {

template <class Quantity>
bool read_as(const std::string& text, int dimension, Amount& amount) {
  try {
    amount.base = parse_quantity<Quantity>(text).value;
    amount.dimension = dimension;
    return true;
  } catch (const std::invalid_argument&) {
    return false;
  }
}

bool read_quantity(const std::string& text, Amount& amount) {
  return read_as<Seconds>(text, 1, amount) || read_as<Bytes>(text, 2, amount) || read_as<Flops>(text, 3, amount) ||
         read_as<BytesPerSecond>(text, 4, amount) || read_as<FlopsPerSecond>(text, 5, amount);
}

}  // namespace

std::optional<Amount> read_amount(const std::string& text) {
  Amount amount;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, amount.number);
  if (error != std::errc{} || !std::isfinite(amount.number)) return {};
  const std::string written{text.data(), stop};
  amount.integer = written.find_first_not_of("-0123456789") == std::string::npos;
  amount.unit = std::string{stop, end};
  amount.unit.erase(0, amount.unit.find_first_not_of(' '));
  if (amount.unit.empty()) {
    amount.base = amount.number;
    return amount;
  }
  if (!read_quantity(text, amount)) return {};
  return amount;
}

double in_unit(double base, const std::string& unit) {
  if (unit.empty()) return base;
  Amount one;
  read_quantity("1 " + unit, one);
  return base / one.base;
}

std::string amount_text(double number, const std::string& unit) {
  return unit.empty() ? fmt::format("{:.12g}", number) : fmt::format("{:.12g} {}", number, unit);
}

std::string unit_in_name(const std::string& unit) {
  std::string name;
  for (const char c : unit) {
    if (c == '/') name += 'p';
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) name += c;
  }
  return name;
}

}  // namespace teapot

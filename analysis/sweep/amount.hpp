#pragma once
// A number with its unit as a user writes it, without saying beforehand of which quantity it is: "400 Gbps", "64".
// Knows no key; units are those of sim/units.hpp.

#include <optional>
#include <string>

namespace teapot {

struct Amount {
  double number = 0;     ///< as written
  std::string unit;      ///< as written; empty: a plain number
  double base = 0;       ///< in base units (s, B, flop and what follows)
  int dimension = 0;     ///< equal where two amounts may be compared; 0: a plain number
  bool integer = false;  ///< written without a fraction or exponent
};

/// Nothing where the text is neither a number nor a quantity.
std::optional<Amount> read_amount(const std::string& text);
/// `base` in the given unit ("Gbps"), which must be a unit of the same dimension.
double in_unit(double base, const std::string& unit);
/// Twelve significant digits at most, and the unit after a space.
std::string amount_text(double number, const std::string& unit);
/// A unit as part of a column's name: GB/s becomes GBps.
std::string unit_in_name(const std::string& unit);

}  // namespace teapot

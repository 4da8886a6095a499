#pragma once
// Dimensional analysis for seconds, bytes and floating-point operations: a wrong formula does not compile.
// Knows no configuration and no hardware; it is the only place where units are converted.

#include <compare>
#include <string>
#include <string_view>

namespace teapot {

/// A double that carries its dimension: seconds^S * bytes^B * flops^F, in SI base units.
template <int S, int B, int F>
struct Quantity {
  double value = 0;  ///< base units (s, B, flop); read it only to print, to serialise or in the inner loops of sim/

  constexpr auto operator<=>(const Quantity&) const = default;
  constexpr Quantity operator-() const { return {-value}; }
  constexpr Quantity operator+(Quantity other) const { return {value + other.value}; }
  constexpr Quantity operator-(Quantity other) const { return {value - other.value}; }
  constexpr Quantity operator*(double factor) const { return {value * factor}; }
  constexpr Quantity operator/(double divisor) const { return {value / divisor}; }
  constexpr Quantity& operator+=(Quantity other) { return *this = *this + other; }
  constexpr Quantity& operator-=(Quantity other) { return *this = *this - other; }
  constexpr Quantity& operator*=(double factor) { return *this = *this * factor; }
  friend constexpr Quantity operator*(double factor, Quantity quantity) { return quantity * factor; }
};

template <int S, int B, int F, int S2, int B2, int F2>
constexpr auto operator*(Quantity<S, B, F> a, Quantity<S2, B2, F2> b) {
  if constexpr (S + S2 == 0 && B + B2 == 0 && F + F2 == 0) {
    return a.value * b.value;
  } else {
    return Quantity<S + S2, B + B2, F + F2>{a.value * b.value};
  }
}

template <int S, int B, int F, int S2, int B2, int F2>
constexpr auto operator/(Quantity<S, B, F> a, Quantity<S2, B2, F2> b) {
  if constexpr (S == S2 && B == B2 && F == F2) {
    return a.value / b.value;
  } else {
    return Quantity<S - S2, B - B2, F - F2>{a.value / b.value};
  }
}

template <int S, int B, int F>
constexpr auto operator/(double numerator, Quantity<S, B, F> q) {
  return Quantity<-S, -B, -F>{numerator / q.value};
}

using Seconds = Quantity<1, 0, 0>;
using Bytes = Quantity<0, 1, 0>;
using Flops = Quantity<0, 0, 1>;
using BytesPerSecond = Quantity<-1, 1, 0>;
using FlopsPerSecond = Quantity<-1, 0, 1>;

template <class T>
inline constexpr bool is_quantity = false;
template <int S, int B, int F>
inline constexpr bool is_quantity<Quantity<S, B, F>> = true;

namespace literals {
// clang-format off
constexpr Seconds        operator""_s    (long double v) { return {static_cast<double>(v)}; }
constexpr Seconds        operator""_ms   (long double v) { return {static_cast<double>(v) * 1e-3}; }
constexpr Seconds        operator""_us   (long double v) { return {static_cast<double>(v) * 1e-6}; }
constexpr Seconds        operator""_ns   (long double v) { return {static_cast<double>(v) * 1e-9}; }
constexpr Bytes          operator""_B    (long double v) { return {static_cast<double>(v)}; }
constexpr Bytes          operator""_KB   (long double v) { return {static_cast<double>(v) * 1e3}; }
constexpr Bytes          operator""_MB   (long double v) { return {static_cast<double>(v) * 1e6}; }
constexpr Bytes          operator""_GB   (long double v) { return {static_cast<double>(v) * 1e9}; }
constexpr Bytes          operator""_GiB  (long double v) { return {static_cast<double>(v) * 1073741824.0}; }
constexpr BytesPerSecond operator""_GBps (long double v) { return {static_cast<double>(v) * 1e9}; }
constexpr BytesPerSecond operator""_Gbps (long double v) { return {static_cast<double>(v) * 1e9 / 8}; }
constexpr Flops          operator""_GFLOP(long double v) { return {static_cast<double>(v) * 1e9}; }
constexpr FlopsPerSecond operator""_TFLOPS(long double v) { return {static_cast<double>(v) * 1e12}; }
// clang-format on
}  // namespace literals

/// Parses "400 Gbps", "3.35 TB/s", "500 ns", "80 GiB", "989 TFLOPS": a finite number, then a unit.
/// Decimal prefixes are powers of 10^3, binary ones (Ki, Mi, ...) of 2^10; b is a bit, B a byte.
/// Throws std::invalid_argument, whose message names the units that are allowed.
template <class Q>
Q parse_quantity(std::string_view text);

// clang-format off
template <> Seconds        parse_quantity(std::string_view text);
template <> Bytes          parse_quantity(std::string_view text);
template <> Flops          parse_quantity(std::string_view text);
template <> BytesPerSecond parse_quantity(std::string_view text);
template <> FlopsPerSecond parse_quantity(std::string_view text);
// clang-format on

/// Four significant digits and the prefix that suits: "187.3 us", "7.59 MB", "50 GB/s", "989 TFLOPS".
std::string to_text(Seconds time);
std::string to_text(Bytes bytes);
std::string to_text(Flops flops);
std::string to_text(BytesPerSecond bandwidth);
std::string to_text(FlopsPerSecond speed);

}  // namespace teapot

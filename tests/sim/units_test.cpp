// Units: conversions and text.

#include <doctest/doctest.h>

#include <stdexcept>

#include "sim/units.hpp"

using namespace teapot;
using namespace teapot::literals;

template <class A, class B>
concept Addable = requires(A a, B b) {
  a + b;
};
template <class A, class B>
concept Divisible = requires(A a, B b) {
  a / b;
};

static_assert(std::is_same_v<decltype(1.0_B / 1.0_GBps), Seconds>, "bytes over bandwidth is a time");
static_assert(std::is_same_v<decltype(1.0_GFLOP / 1.0_TFLOPS), Seconds>, "work over speed is a time");
static_assert(std::is_same_v<decltype(1.0_s * 1.0_GBps), Bytes>, "time times bandwidth is a size");
static_assert(std::is_same_v<decltype(1.0_s / 1.0_us), double>, "a ratio has no unit");
static_assert(!Addable<Seconds, Bytes>, "a time and a size do not add");
static_assert(!std::is_convertible_v<decltype(Bytes{} / FlopsPerSecond{}), Seconds>, "bytes over flop/s is no time");

TEST_CASE("units: decimal prefixes are powers of ten, binary ones of two, b is a bit and B a byte") {
  CHECK(parse_quantity<BytesPerSecond>("400 Gbps").value == 50e9);
  CHECK(parse_quantity<BytesPerSecond>("50 GB/s").value == 50e9);
  CHECK(parse_quantity<BytesPerSecond>("3.35 TB/s").value == doctest::Approx(3.35e12).epsilon(1e-15));
  CHECK(parse_quantity<Bytes>("80 GB").value == 80e9);
  CHECK(parse_quantity<Bytes>("80 GiB").value == 80.0 * 1024 * 1024 * 1024);
  CHECK(parse_quantity<Seconds>("500 ns").value == doctest::Approx(5e-7).epsilon(1e-15));
  CHECK(parse_quantity<Seconds>("500ns").value == doctest::Approx(5e-7).epsilon(1e-15));
  CHECK(parse_quantity<FlopsPerSecond>("989 TFLOPS").value == 989e12);
  CHECK(parse_quantity<Flops>("2 GFLOP").value == 2e9);
}

TEST_CASE("units: a bare number, a wrong unit and a non-number are refused with the units that are allowed") {
  for (const char* text : {"400", "400 GHz", "fast", "", "nan Gbps", "inf GB/s", "1e999 GB/s", "400 gbps"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(parse_quantity<BytesPerSecond>(text), std::invalid_argument);
  }
  CHECK_THROWS_WITH(parse_quantity<Seconds>("5"), "expected a time with its unit (s, ms, us, ns, ps), got \"5\"");
}

TEST_CASE("units: text takes the prefix that suits") {
  CHECK(to_text(187.3e-6 * 1.0_s) == "187.3 us");
  CHECK(to_text(50.0_GBps) == "50 GB/s");
  CHECK(to_text(7585792.0_B) == "7.586 MB");
  CHECK(to_text(0.0_B) == "0 B");
  CHECK(to_text(989.0_TFLOPS) == "989 TFLOPS");
}

#pragma once
// A small counter-based generator whose output is the same on every library and machine.
// Knows nothing of what is drawn with it.

#include <cstdint>

namespace teapot {

/// The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// SplitMix64, seeded by any number of integers that together name a stream.
class Random {
 public:
  template <class... Names>
  explicit constexpr Random(std::uint64_t seed, Names... names) : state_(mix(seed + golden)) {
    ((state_ = mix(state_ ^ mix(static_cast<std::uint64_t>(names) + golden))), ...);
  }
  constexpr std::uint64_t next() { return mix(state_ += golden); }
  /// Uniform in [0, 1), 53 bits.
  constexpr double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// Uniform in [0, n) for n below 2^32; the bias is below n / 2^32.
  constexpr std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(((next() >> 32) * n) >> 32); }

 private:
  static constexpr std::uint64_t golden = 0x9e3779b97f4a7c15ULL;
  std::uint64_t state_;
};

}  // namespace teapot

#pragma once
// Arithmetic of a finite field with q elements, q a power of a prime, elements numbered 0 to q - 1.
// Knows nothing of graphs.

#include <vector>

namespace teapot {

/// The prime and the exponent of q = p^n; {0, 0} where q is no power of a prime.
struct PrimePower {
  int prime = 0;
  int exponent = 0;
};
PrimePower prime_power(int q);

class FiniteField {
 public:
  explicit FiniteField(int q);  ///< q must be a power of a prime

  int size() const { return q_; }
  int add(int a, int b) const;
  int negative(int a) const;
  int multiply(int a, int b) const;
  /// The powers of a primitive element: power(i) for i in [0, q - 2] is every element but 0.
  int power(int exponent) const { return power_[static_cast<std::size_t>(exponent)]; }

 private:
  int times_x(int a, int leading) const;

  int q_ = 0;
  PrimePower base_;
  std::vector<int> power_;
  std::vector<int> logarithm_;
};

}  // namespace teapot

// Finite fields as polynomials over a prime field, an element's digits in base p its coefficients.
// Knows nothing of graphs.

#include "topologies/kinds/finite_field.hpp"

#include <cassert>

namespace teapot {

PrimePower prime_power(int q) {
  if (q < 2) return {};
  int prime = 2;
  while (q % prime != 0) ++prime;
  PrimePower result{prime, 0};
  while (q % prime == 0) {
    q /= prime;
    ++result.exponent;
  }
  return q == 1 ? result : PrimePower{};
}

/// Tries generators until one runs through all q - 1 elements: for a prime field a number, otherwise x modulo a monic
/// polynomial of degree n (which is then primitive).
FiniteField::FiniteField(int q) : q_(q), base_(prime_power(q)), logarithm_(static_cast<std::size_t>(q), -1) {
  assert(base_.prime > 0);
  for (int candidate = 1; candidate < q; ++candidate) {
    power_.assign(1, 1);
    while (static_cast<int>(power_.size()) < q - 1) {
      const int next = base_.exponent == 1 ? power_.back() * candidate % q : times_x(power_.back(), candidate);
      if (next <= 1) break;
      power_.push_back(next);
    }
    // A cycle that misses 1 would never end short of q - 1, but then its last step does not come back to 1.
    const int closing = base_.exponent == 1 ? power_.back() * candidate % q : times_x(power_.back(), candidate);
    if (static_cast<int>(power_.size()) == q - 1 && closing == 1) break;
  }
  for (int i = 0; i < q - 1; ++i) logarithm_[static_cast<std::size_t>(power(i))] = i;
}

/// a * x modulo x^n = `leading` (a polynomial of lower degree, as an element).
int FiniteField::times_x(int a, int leading) const {
  const int top = a / (q_ / base_.prime);
  int result = a % (q_ / base_.prime) * base_.prime;
  for (int i = 0; i < top; ++i) result = add(result, leading);
  return result;
}

int FiniteField::add(int a, int b) const {
  int result = 0;
  for (int place = 1; place < q_; place *= base_.prime) {
    const int digit = (a / place % base_.prime + b / place % base_.prime) % base_.prime;
    result += digit * place;
  }
  return result;
}

int FiniteField::negative(int a) const {
  int result = 0;
  for (int place = 1; place < q_; place *= base_.prime)
    result += (base_.prime - a / place % base_.prime) % base_.prime * place;
  return result;
}

int FiniteField::multiply(int a, int b) const {
  if (a == 0 || b == 0) return 0;
  return power((logarithm_[static_cast<std::size_t>(a)] + logarithm_[static_cast<std::size_t>(b)]) % (q_ - 1));
}

}  // namespace teapot

#pragma once
// A property over random inputs as a check of doctest.
// Does not know what is drawn.

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <functional>

namespace teapot::testing {

inline void check(const char* what, const std::function<void()>& property) {
  CAPTURE(what);
  CHECK(rc::check(what, property));
}

}  // namespace teapot::testing

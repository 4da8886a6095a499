#pragma once
// Numbers with what they count.
// Knows only words whose plural ends in s.

#include <fmt/format.h>

#include <string>

namespace teapot {

/// `1 GPU`, `8 GPUs`, `1.85 tokens`; the number as fmt writes it.
template <class T>
std::string counted(T number, const char* one, const char* format = "{}") {
  return fmt::format(fmt::runtime(format), number) + ' ' + one + (number == T{1} ? "" : "s");
}

}  // namespace teapot

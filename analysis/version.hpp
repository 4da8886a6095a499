#pragma once
// The program's version, part of every result.

namespace teapot {

inline constexpr const char* version = "0.1.0";

}  // namespace teapot

#pragma once
// A tree as the YAML library writes it: text that is not plain ASCII, and very long words.
// Knows no keys.

#include <string>

#include "sim/config.hpp"

namespace teapot {

/// Without a line end behind it. Slower than to_yaml() by far, which writes the same.
std::string library_yaml(const Tree& tree);
std::string library_yaml(const std::string& scalar);

}  // namespace teapot

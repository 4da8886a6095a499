#pragma once
// Numbers as people type them where only digits are taken: 2k, 85%, 4,096, 128.0.
// Knows no key and no unit of a quantity.

#include <string>

namespace teapot {

/// What to write instead, for a message: ` (write 2000, or 2048)`; empty where nobody can say.
/// \param whole only integers are taken there
std::string write_instead(const std::string& text, bool whole);

}  // namespace teapot

#pragma once
// The audit list: every number of platforms/ that was fitted or estimated, with the rows behind it.
// Knows no accelerator, library or stack by name: it lists what their files say.

#include <string>

namespace teapot {

/// Markdown: what each constant means and the range it may lie in; then every fit of the accelerators' kernels, of the
/// communication libraries and of the serving stacks, as written in their files, with its source.
std::string constants_audit();

}  // namespace teapot

#pragma once
// When a rank that only receives takes part in a collective.
// Knows no network.

#include "sim/program.hpp"
#include "sim/timeline.hpp"

namespace teapot {

/// A rank that comes to a collective of which it only receives waits there for whoever computes what is sent: until one
/// of them comes it is idle and nothing communicates. Such a rank enters with the first that sends.
void enter_with_senders(const Program& program, Timeline& timeline);

}  // namespace teapot

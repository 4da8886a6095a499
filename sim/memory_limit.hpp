#pragma once
// How much memory the program may use: a limit of the process, which its children inherit.
// Does not know what needs memory.

#include <string>

namespace teapot {

/// Bytes that are free on the machine now, within the control group's limit; 0 where nobody says.
double available_memory();

/// From now on this process and its children stay below so many bytes each: what wants more fails with std::bad_alloc.
void limit_memory(double bytes);

/// The limit; where none was set, what the machine has.
double memory_limit();

/// Throws ConfigError "what needs about 2 TB of memory, 24 GB may be used (--limit-memory)" where it cannot be had.
void require_memory(const std::string& what, double bytes);

}  // namespace teapot

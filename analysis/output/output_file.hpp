#pragma once
// Files appear under their final name only when they are whole.
// Does not know what is in them.

#include <csignal>
#include <string>
#include <string_view>

namespace teapot {

/// Keeps Ctrl-C and SIGTERM waiting while files are written: a stop then leaves no half-written file behind.
class SignalsHeld {
 public:
  SignalsHeld();
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;
  ~SignalsHeld();

 private:
  sigset_t before_;
};

/// Throws what write_file() would where `file` is a folder, or lies in none that is there: to be said before the work
/// and not after it. No name at all is fine.
void require_place_for(const std::string& file);

/// Writes beside the target under a temporary name, then renames; a device or a pipe is written as it is. Throws
/// ConfigError where that cannot be done, and never waits for somebody to read a pipe.
void write_file(const std::string& file, std::string_view content);

}  // namespace teapot

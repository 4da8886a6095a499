// Writes, then renames.
// Does not know what is in the files.

#include "analysis/output/output_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "sim/config.hpp"

namespace teapot {

void write_file(const std::string& file, std::string_view content) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(file, error) && !fs::is_regular_file(file, error)) {
    std::ofstream out{file, std::ios::binary};  // a device or a pipe, such as /dev/stdout, has no other name
    out << content << std::flush;
    if (!out) throw ConfigError(file + ": cannot be written: " + std::strerror(errno));
    return;
  }
  const std::string temporary = fmt::format("{}.{}.part", file, getpid());
  std::ofstream out{temporary, std::ios::binary | std::ios::trunc};
  out << content << std::flush;
  const bool written = static_cast<bool>(out);
  out.close();
  if (written && std::rename(temporary.c_str(), file.c_str()) == 0) return;
  const std::string reason = std::strerror(errno);
  fs::remove(temporary, error);
  throw ConfigError(fmt::format("{}: cannot be written: {}", file, reason));
}

}  // namespace teapot

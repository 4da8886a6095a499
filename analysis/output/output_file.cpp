// Writes, then renames.
// Does not know what is in the files.

#include "analysis/output/output_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/config.hpp"

namespace teapot {
namespace {

[[noreturn]] void fail(const std::string& file, int error) {
  throw ConfigError(fmt::format("{}: cannot be written: {}", one_line(file, 600), std::strerror(error)));
}

/// 0, or the reason why not everything was written.
int write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return count < 0 ? errno : EIO;
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return 0;
}

int write_and_close(int fd, std::string_view content) {
  const int written = write_all(fd, content);
  const int closed = close(fd) != 0 && errno != EINTR ? errno : 0;
  return written != 0 ? written : closed;
}

/// A device or a pipe, such as /dev/stdout, has no other name.
void write_as_it_is(const std::string& file, std::string_view content) {
  const int fd = open(file.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) fail(file, errno);
  fcntl(fd, F_SETFL, 0);  // it has a reader: from here on wait for it
  if (const int error = write_and_close(fd, content); error != 0) fail(file, error);
}

}  // namespace

SignalsHeld::SignalsHeld() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigprocmask(SIG_BLOCK, &set, &before_);
}

SignalsHeld::~SignalsHeld() { sigprocmask(SIG_SETMASK, &before_, nullptr); }

void require_place_for(const std::string& file) {
  if (file.empty()) return;
  struct stat status {};
  if (stat(file.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) fail(file, EISDIR);
    return;
  }
  const std::size_t slash = file.rfind('/');
  if (slash == std::string::npos || slash == 0) return;
  if (stat(file.substr(0, slash).c_str(), &status) != 0) fail(file, errno);
}

void write_file(const std::string& file, std::string_view content) {
  struct stat status {};
  if (stat(file.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    if (S_ISDIR(status.st_mode)) fail(file, EISDIR);
    return write_as_it_is(file, content);
  }
  const SignalsHeld held;
  const std::string temporary = fmt::format("{}.{}.part", file, getpid());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) fail(file, errno);
  int error = write_and_close(fd, content);
  if (error == 0 && std::rename(temporary.c_str(), file.c_str()) != 0) error = errno;
  if (error == 0) return;
  unlink(temporary.c_str());
  fail(file, error);
}

}  // namespace teapot

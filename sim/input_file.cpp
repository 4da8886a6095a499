// Looks before it opens, and does not wait.
// Does not know what is in the file.

#include "sim/input_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace teapot {
namespace {

std::string in_words(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return "no such file";
    case ELOOP:
      return "its symbolic links go in a circle";
    case ENAMETOOLONG:
      return "its name is too long";
    case EACCES:
    case EPERM:
      return "may not be read (permission denied)";
    default:
      return fmt::format("cannot be read ({})", std::strerror(error));
  }
}

std::string why_not(const struct stat& status, std::int64_t most_bytes) {
  if (S_ISDIR(status.st_mode)) return "is a folder, not a file";
  if (S_ISFIFO(status.st_mode)) return "is a pipe, not a regular file";
  if (S_ISSOCK(status.st_mode)) return "is a socket, not a regular file";
  if (!S_ISREG(status.st_mode)) return "is a device, not a regular file";
  if (status.st_size > most_bytes)
    return fmt::format("is too large: {} bytes ({} at most)", std::int64_t{status.st_size}, most_bytes);
  return {};
}

/// An open file that closes itself; O_NONBLOCK, for what may have become a pipe since it was looked at.
struct Opened {
  int fd;
  explicit Opened(const std::string& file) : fd(open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) {}
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() {
    if (fd >= 0) close(fd);
  }
};

/// The reason it could not be read; the content where there is none.
std::string read_into(std::string& content, const std::string& file, std::int64_t most_bytes) {
  if (file.find('\0') != std::string::npos) return "no such file";
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return in_words(errno);
  if (auto why = why_not(status, most_bytes); !why.empty()) return why;
  const Opened opened{file};
  if (opened.fd < 0 || fstat(opened.fd, &status) != 0) return in_words(errno);
  if (auto why = why_not(status, most_bytes); !why.empty()) return why;
  std::array<char, 1 << 16> buffer;
  for (;;) {  // files of /proc say that they are empty
    const ssize_t count = read(opened.fd, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return in_words(errno);
    if (count == 0) return {};
    content.append(buffer.data(), static_cast<std::size_t>(count));
    if (static_cast<std::int64_t>(content.size()) > most_bytes)
      return fmt::format("is too large (more than {} bytes)", most_bytes);
  }
}

}  // namespace

std::string unreadable(const std::string& file, std::int64_t most_bytes) {
  struct stat status {};
  if (file.find('\0') != std::string::npos) return "no such file";
  if (stat(file.c_str(), &status) != 0) return in_words(errno);
  if (auto why = why_not(status, most_bytes); !why.empty()) return why;
  return Opened{file}.fd < 0 ? in_words(errno) : std::string{};
}

std::string read_input(const std::string& file, std::int64_t most_bytes) {
  std::string content;
  if (const auto why = read_into(content, file, most_bytes); !why.empty())
    throw ConfigError(one_line(file, 600) + ": " + why);
  return content;
}

bool is_there(const std::string& file) { return unreadable(file, 0) != "no such file"; }

std::string beside(const Place& place, const std::string& name) {
  namespace fs = std::filesystem;
  if (fs::path{name}.is_absolute() || !place.file) return name;
  const std::string file = (fs::path{*place.file}.parent_path() / name).string();
  return is_there(file) ? file : name;
}

std::string file_named(const Config& value, std::int64_t most_bytes) {
  const auto name = value.as<std::string>();
  std::string file = beside(value.tree().place, name);
  if (const auto why = unreadable(file, most_bytes); !why.empty())
    value.fail(why == "no such file" ? why + ": " + one_line(name, 300) : one_line(name, 300) + ' ' + why);
  return file;
}

}  // namespace teapot

// One child process for each simulation, with memory for its result, a pipe for how it goes and one for its stderr.
// Does not know what runs in it.

#include "sim/isolated.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <new>

#include "sim/config.hpp"
#include "sim/memory_limit.hpp"

namespace teapot {
namespace {

enum class Record : char { progress = 'P', result = 'R', config_error = 'C', error = 'E' };

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

bool send(int fd, Record record, const std::string& payload) {
  const auto size = static_cast<std::uint64_t>(payload.size());
  std::string head(1 + sizeof size, static_cast<char>(record));
  std::memcpy(head.data() + 1, &size, sizeof size);
  return write_all(fd, head.data(), head.size()) && write_all(fd, payload.data(), payload.size());
}

/// The result goes through memory: a pipe would carry it in pieces of 64 KB, each a change of process.
[[noreturn]] void run_child(pid_t parent, int out, int err, int memory,
                            const std::function<void(const Progress&, const Write&)>& work) {
  dup2(err, STDERR_FILENO);
  // Nobody would read the result of a child whose parent was killed, and a sweep's orphans would hold the processors.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before it could be watched
  // The parent's death must not leave children behind that write into a pipe nobody reads.
  std::signal(SIGPIPE, SIG_DFL);
  bool sent = false;
  try {
    const auto report = [out](double fraction) {
      send(out, Record::progress, std::string(reinterpret_cast<const char*>(&fraction), sizeof fraction));
    };
    work(report, [memory](std::string_view piece) {
      if (!write_all(memory, piece.data(), piece.size())) throw std::bad_alloc();
    });
    sent = send(out, Record::result, {});
  } catch (const ConfigError& e) {
    send(out, Record::config_error, e.what());
  } catch (const std::bad_alloc&) {
    send(out, Record::error,
         fmt::format("out of memory: {} may be used (--limit-memory)", to_text(Bytes{memory_limit()})));
  } catch (const std::exception& e) {
    send(out, Record::error, e.what());
  }
  _exit(sent ? 0 : 1);  // no destructors: they belong to the parent
}

struct Pipe {
  std::array<int, 2> ends{-1, -1};
  Pipe() {
    if (pipe(ends.data()) != 0) throw ChildDied(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(std::size_t end) {
    if (ends[end] >= 0) close(ends[end]);
    ends[end] = -1;
  }
};

/// Reads records as they come; progress is passed on, the others are kept.
struct Inbox {
  std::string bytes;
  std::string payload;
  Record last = Record::progress;

  void digest(const Progress& progress) {
    std::uint64_t size = 0;
    while (bytes.size() >= 1 + sizeof size) {
      std::memcpy(&size, bytes.data() + 1, sizeof size);
      if (bytes.size() < 1 + sizeof size + size) return;
      last = static_cast<Record>(bytes[0]);
      payload = bytes.substr(1 + sizeof size, size);
      bytes.erase(0, 1 + sizeof size + size);
      if (last == Record::progress && progress && payload.size() == sizeof(double)) {
        double fraction = 0;
        std::memcpy(&fraction, payload.data(), sizeof fraction);
        progress(fraction);
      }
    }
  }
};

/// A file in memory.
struct Memory {
  int fd = memfd_create("result", MFD_CLOEXEC);
  Memory() {
    if (fd < 0) throw ChildDied("cannot make a file in memory");
  }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  ~Memory() { close(fd); }
  /// Gives what is in it to `take`.
  void read(const std::function<void(std::string_view)>& take) const {
    const auto size = static_cast<std::size_t>(lseek(fd, 0, SEEK_END));
    if (size == 0) return take({});
    void* const bytes = mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED) throw std::bad_alloc();
    const std::unique_ptr<void, std::function<void(void*)>> unmap{bytes, [size](void* at) { munmap(at, size); }};
    take({static_cast<const char*>(bytes), size});
  }
};

/// Returns false at the end of the stream.
bool read_some(int fd, std::string& into) {
  std::array<char, 1 << 16> buffer;
  const ssize_t count = read(fd, buffer.data(), buffer.size());
  if (count < 0 && errno == EINTR) return true;
  if (count <= 0) return false;
  into.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

std::string last_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

/// Reads what a child says until it says no more; its last words on stderr are kept.
Inbox listen(const Pipe& out, const Pipe& err, const Progress& progress, std::string& errors) {
  Inbox inbox;
  std::array<pollfd, 2> fds{pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
  while (fds[0].fd >= 0 || fds[1].fd >= 0) {
    if (poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (fds[0].revents != 0 && !read_some(fds[0].fd, inbox.bytes)) fds[0].fd = -1;
    if (fds[1].revents != 0 && !read_some(fds[1].fd, errors)) fds[1].fd = -1;
    if (inbox.bytes.empty() || inbox.bytes[0] == static_cast<char>(Record::progress)) inbox.digest(progress);
  }
  inbox.digest(progress);
  return inbox;
}

/// Throws what a child that has ended had to say, if it was not a result.
void require_result(const Inbox& inbox, int status, const std::string& errors) {
  if (inbox.last == Record::config_error) throw ConfigError(inbox.payload);
  if (inbox.last == Record::error) throw ChildDied(inbox.payload);
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM)) {
    throw ChildKilled(fmt::format("killed by signal {}{}", WTERMSIG(status),
                                  WTERMSIG(status) == SIGKILL ? " (by somebody, or for want of memory)" : ""));
  }
  if (inbox.last == Record::result && status == 0) return;
  throw ChildDied(WIFSIGNALED(status)
                      ? fmt::format("killed by signal {}: {}", WTERMSIG(status), last_line(errors))
                      : fmt::format("ended with status {}: {}", WEXITSTATUS(status), last_line(errors)));
}

}  // namespace

std::string isolated(const std::function<std::string(const Progress& report)>& work, const Progress& progress) {
  std::string result;
  isolated_pieces([&](const Progress& report, const Write& write) { write(work(report)); },
                  [&](std::string_view bytes) { result = bytes; }, progress);
  return result;
}

void isolated_pieces(const std::function<void(const Progress& report, const Write& write)>& work,
                     const std::function<void(std::string_view bytes)>& take, const Progress& progress) {
  Pipe out;
  Pipe err;
  const Memory memory;
  std::fflush(nullptr);  // or the child would write the parent's buffers again
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw ChildDied(fmt::format("cannot start a child process: {}", std::strerror(errno)));
  if (child == 0) run_child(parent, out.ends[1], err.ends[1], memory.fd, work);
  out.close_end(1);
  err.close_end(1);

  std::string errors;
  const Inbox inbox = listen(out, err, progress, errors);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  require_result(inbox, status, errors);
  memory.read(take);
}

}  // namespace teapot

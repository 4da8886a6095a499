// Worker processes, each with a socket for its orders and answers.
// Does not know what a task is.

#include "analysis/sweep/pool.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "sim/config.hpp"
#include "sim/isolated.hpp"

namespace teapot {
namespace {

/// What is sent to a worker, without a gap.
struct Order {
  std::uint64_t task = 0;
  std::uint64_t again = 0;  // whether this is not the first attempt
};

volatile std::sig_atomic_t asked_to_stop = 0;

extern "C" void ask_to_stop(int signal) { asked_to_stop = signal; }

/// Ctrl-C and SIGTERM are heard while one of these lives; what was there before comes back.
class StopSignals {
 public:
  StopSignals() {
    asked_to_stop = 0;
    struct sigaction action {};
    action.sa_handler = ask_to_stop;
    sigaction(SIGINT, &action, &interrupt_);
    sigaction(SIGTERM, &action, &terminate_);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals() {
    sigaction(SIGINT, &interrupt_, nullptr);
    sigaction(SIGTERM, &terminate_, nullptr);
  }

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

bool read_all(int fd, char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = read(fd, data, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = send(fd, data, size, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    data += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

double largest_child_bytes() {
  rusage own{}, children{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  return 1024.0 * static_cast<double>(own.ru_maxrss + children.ru_maxrss);
}

struct Answer {
  TaskOutcome outcome;
  double memory = 0;
};

bool send_answer(int fd, const TaskOutcome& outcome) {
  ByteWriter out;
  out.write(outcome.kind);
  out.write(outcome.message);
  out.write(outcome.tpot_ms);
  out.write(outcome.wall_s);
  out.write(largest_child_bytes());
  const std::string bytes = out.take();
  const std::uint64_t size = bytes.size();
  return write_all(fd, reinterpret_cast<const char*>(&size), sizeof size) && write_all(fd, bytes.data(), bytes.size());
}

/// Nothing where the worker is dead.
std::optional<Answer> receive_answer(int fd) {
  std::uint64_t size = 0;
  if (!read_all(fd, reinterpret_cast<char*>(&size), sizeof size)) return {};
  std::string bytes(size, '\0');
  if (!read_all(fd, bytes.data(), bytes.size())) return {};
  ByteReader in{bytes};
  Answer answer;
  answer.outcome.kind = in.read<TaskOutcome::Kind>();
  answer.outcome.message = in.read_text();
  answer.outcome.tpot_ms = in.read<double>();
  answer.outcome.wall_s = in.read<double>();
  answer.memory = in.read<double>();
  return answer;
}

[[noreturn]] void serve(int fd, pid_t parent, const PoolWork& work) {
  // The terminal sends Ctrl-C to everyone; who started the worker decides when it ends, and takes it along when it
  // dies.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  Order order;
  while (read_all(fd, reinterpret_cast<char*>(&order), sizeof order)) {
    if (!send_answer(fd, work(static_cast<std::size_t>(order.task), order.again != 0))) break;
  }
  _exit(0);
}

struct Worker {
  pid_t pid = 0;
  int fd = -1;
  std::optional<std::size_t> task;
  bool used = false;  // has been given a task
};

class WorkerPool {
 public:
  WorkerPool(const std::vector<std::size_t>& tasks, const PoolOptions& options, const PoolWork& work)
      : options_(options), work_(work), pending_(tasks.begin(), tasks.end()) {}
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool() { end_all(SIGKILL); }

  PoolReport run(const std::function<void(std::size_t, const TaskOutcome&)>& outcome) {
    while (asked_to_stop == 0 && report_.cannot_go.empty() && (!pending_.empty() || busy() > 0)) {
      hand_out();
      wait(outcome);
    }
    report_.signal = asked_to_stop;
    const bool finished = report_.signal == 0 && report_.cannot_go.empty();
    end_all(finished ? 0 : SIGKILL);
    return std::move(report_);
  }

 private:
  int busy() const {
    return static_cast<int>(std::count_if(workers_.begin(), workers_.end(), [](const Worker& w) { return w.task; }));
  }

  bool room_for_another() const {
    const int busy_now = busy();
    if (busy_now == 0) return true;  // one task must go on, however large
    return options_.memory_bytes <= 0 || (busy_now + 1) * largest_task_ <= options_.memory_bytes;
  }

  void hand_out() {
    while (!pending_.empty() && room_for_another()) {
      const std::size_t task = pending_.front();
      const bool again = kills_.count(task) > 0;
      Worker* const worker = worker_for(again);
      if (worker == nullptr) return;
      const Order order{task, again ? 1U : 0U};
      worker->task = task;  // where it cannot be sent the worker is dead, and wait() will hear of it
      worker->used = true;
      pending_.pop_front();
      write_all(worker->fd, reinterpret_cast<const char*>(&order), sizeof order);
    }
  }

  /// An idle one, started where there is room; a task that somebody was killed over has one that has done nothing yet.
  Worker* worker_for(bool again) {
    auto idle = std::find_if(workers_.begin(), workers_.end(), [](const Worker& w) { return !w.task; });
    if (idle != workers_.end() && again && idle->used) {
      end(*idle, 0);
      workers_.erase(idle);
      idle = workers_.end();
    }
    if (idle != workers_.end()) return &*idle;
    if (static_cast<int>(workers_.size()) >= options_.workers) return nullptr;
    start();
    return &workers_.back();
  }

  void start() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0)
      throw ConfigError("cannot start a worker: no sockets left");
    std::fflush(nullptr);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) throw ConfigError(fmt::format("cannot start a worker: {}", std::strerror(errno)));
    if (pid == 0) {
      close(ends[0]);
      for (const auto& other : workers_) close(other.fd);
      serve(ends[1], parent, work_);
    }
    close(ends[1]);
    workers_.push_back({pid, ends[0], {}, false});
  }

  void wait(const std::function<void(std::size_t, const TaskOutcome&)>& outcome) {
    std::vector<pollfd> fds;
    for (const auto& worker : workers_) fds.push_back({worker.fd, POLLIN, 0});
    if (poll(fds.data(), fds.size(), 200) <= 0) return;
    for (std::size_t w = fds.size(); w-- > 0;) {
      if (fds[w].revents == 0) continue;
      const auto answer = receive_answer(workers_[w].fd);
      const auto task = std::exchange(workers_[w].task, {});
      if (!answer) {
        end(workers_[w], 0);
        workers_.erase(workers_.begin() + static_cast<std::ptrdiff_t>(w));
        if (task) try_again(*task);
        continue;
      }
      largest_task_ = std::max(largest_task_, answer->memory);
      if (answer->outcome.kind == TaskOutcome::Kind::killed) {
        try_again(*task);
      } else if (answer->outcome.kind == TaskOutcome::Kind::cannot_go) {
        report_.cannot_go = answer->outcome.message;
      } else {
        outcome(*task, answer->outcome);
      }
    }
  }

  void try_again(std::size_t task) {
    if (++kills_[task] < 3) {
      pending_.push_front(task);
    } else {
      report_.lost.push_back(task);
    }
  }

  void end(Worker& worker, int signal) {
    if (signal != 0) kill(worker.pid, signal);
    close(worker.fd);
    rusage usage{};
    int status = 0;
    while (wait4(worker.pid, &status, 0, &usage) < 0 && errno == EINTR) {
    }
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
    };
    report_.cpu_s += seconds(usage.ru_utime) + seconds(usage.ru_stime);
  }

  void end_all(int signal) {
    for (auto& worker : workers_) end(worker, signal);
    workers_.clear();
  }

  PoolOptions options_;
  const PoolWork& work_;
  std::deque<std::size_t> pending_;
  std::vector<Worker> workers_;
  std::map<std::size_t, int> kills_;
  double largest_task_ = 0;
  PoolReport report_;
};

}  // namespace

PoolReport run_pool(const std::vector<std::size_t>& tasks, const PoolOptions& options, const PoolWork& work,
                    const std::function<void(std::size_t task, const TaskOutcome&)>& outcome) {
  const auto begin = std::chrono::steady_clock::now();
  const StopSignals stop;
  PoolReport report = WorkerPool{tasks, options, work}.run(outcome);
  report.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report;
}

}  // namespace teapot

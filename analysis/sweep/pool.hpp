#pragma once
// Hands numbered tasks to worker processes and hears how they went; a worker that is killed is replaced.
// Does not know what a task is.

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace teapot {

struct TaskOutcome {
  enum class Kind : char {
    done,
    failed,     ///< recorded as failing: the same would happen another time
    killed,     ///< from outside, nothing recorded: to be tried again
    cannot_go,  ///< no task can be done any more (a full disk)
  };
  Kind kind = Kind::done;
  std::string message;
  double tpot_ms = 0;
  double wall_s = 0;
};

struct PoolOptions {
  int workers = 1;
  double memory_bytes = 0;  ///< workers times the largest task seen must stay below this; 0: no limit
};

struct PoolReport {
  std::vector<std::size_t> lost;  ///< tasks whose worker was killed three times
  std::string cannot_go;          ///< why no task could be done any more; empty where all went well
  int signal = 0;                 ///< SIGINT or SIGTERM: asked to stop
  double cpu_s = 0;               ///< of the workers and of what they started
  double wall_s = 0;
};

/// How a worker does a task. The first attempt may be in a worker that has done others; a second one, after a worker
/// was killed over it, is the first task of a worker of its own.
using PoolWork = std::function<TaskOutcome(std::size_t task, bool again)>;

/// `work` runs in a worker, `outcome` here. Returns when all tasks are done, or when it must stop; no worker is left
/// then.
PoolReport run_pool(const std::vector<std::size_t>& tasks, const PoolOptions& options, const PoolWork& work,
                    const std::function<void(std::size_t task, const TaskOutcome&)>& outcome);

}  // namespace teapot

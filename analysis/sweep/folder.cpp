// Folders, locks and leftovers.
// Does not know what a result holds.

#include "analysis/sweep/folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "sim/config.hpp"

namespace teapot {
namespace {

namespace fs = std::filesystem;

std::string host_name() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

bool holds_other_things(const std::string& path) {
  std::error_code error;
  bool any = false;
  for (const auto& entry : fs::directory_iterator{path, error}) {
    const std::string name = entry.path().filename().string();
    if (name == "plan.json" || name == "points" || name.starts_with(".lock")) return false;
    any = true;
  }
  return any;
}

int open_lock(const std::string& file, bool may_create) {
  const int fd = open(file.c_str(), may_create ? O_RDWR | O_CREAT | O_CLOEXEC : O_RDONLY | O_CLOEXEC, 0666);
  if (fd < 0) throw ConfigError(fmt::format("{}: cannot be written: {}", file, std::strerror(errno)));
  return fd;
}

bool try_lock(int fd, int how, double patience_s) {
  using namespace std::chrono;
  const auto until = steady_clock::now() + duration<double>(patience_s);
  while (flock(fd, how | LOCK_NB) != 0) {
    if (steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(milliseconds(50));
  }
  return true;
}

std::string holder(int fd) {
  std::array<char, 300> text{};
  const ssize_t count = pread(fd, text.data(), text.size() - 1, 0);
  return count > 0 ? std::string{text.data(), static_cast<std::size_t>(count)} : std::string{"another process"};
}

void sign(int fd) {
  const std::string text = fmt::format("process {} on {}", getpid(), host_name());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text.data(), text.size(), 0) < 0) return;  // the lock holds without a name
}

}  // namespace

SweepFolder::SweepFolder(const std::string& path, const FolderUse& use) : path_(path) {
  std::error_code error;
  const bool reading = use.kind == FolderUse::Kind::read;
  if (fs::exists(path, error) && !fs::is_directory(path, error)) throw ConfigError(path + ": is not a folder");
  if (reading && !fs::exists(file("plan.json"), error)) throw ConfigError(path + ": holds no sweep");
  if (holds_other_things(path)) {
    throw ConfigError(path + ": is not empty and holds no sweep; give another folder with --out");
  }
  fs::create_directories(file("points"), error);
  if (error) throw ConfigError(fmt::format("{}: cannot be made: {}", file("points"), error.message()));

  lock_ = open_lock(file(".lock"), true);
  // The processes of a sweep that was just killed may need a moment to follow it.
  if (try_lock(lock_, LOCK_EX, use.kind == FolderUse::Kind::sweep ? 2 : 0)) {
    alone_ = true;
    sign(lock_);
  } else if (use.kind == FolderUse::Kind::sweep || !try_lock(lock_, LOCK_SH, 10)) {
    const std::string who = holder(lock_);
    close(lock_);
    throw ConfigError(fmt::format("{}: another sweep is at work in it ({})", path, who));
  }
  if (use.kind == FolderUse::Kind::shard) {
    shard_lock_ = open_lock(file(fmt::format(".lock-{}-of-{}", use.shard, use.shards)), true);
    if (!try_lock(shard_lock_, LOCK_EX, 0)) {
      const std::string who = holder(shard_lock_);
      close(shard_lock_);
      close(lock_);
      throw ConfigError(fmt::format("{}: shard {}/{} is at work already ({})", path, use.shard, use.shards, who));
    }
    sign(shard_lock_);
  }
}

SweepFolder::~SweepFolder() {
  if (shard_lock_ >= 0) close(shard_lock_);
  if (lock_ >= 0) close(lock_);
}

void SweepFolder::share() {
  if (!alone_) return;
  flock(lock_, LOCK_SH);
  alone_ = false;
}

void SweepFolder::sweep_up() const {
  std::error_code error;
  for (const auto& folder : {path_, file("points")}) {
    for (const auto& entry : fs::directory_iterator{folder, error}) {
      std::error_code ignored;
      if (entry.path().extension() == ".part") fs::remove(entry.path(), ignored);
    }
  }
}

}  // namespace teapot

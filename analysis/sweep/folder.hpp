#pragma once
// The folder of a sweep: one file a result, written whole or not at all, and locks that keep sweeps apart.
// Does not know what a result holds.

#include <cstddef>
#include <optional>
#include <string>

namespace teapot {

/// What a process does in the folder: one sweep at a time, or any number of different shards.
struct FolderUse {
  enum class Kind { sweep, shard, read };
  Kind kind = Kind::sweep;
  int shard = 1;  ///< of `shards`, from 1
  int shards = 1;
};

class SweepFolder {
 public:
  /// Makes the folder where it is missing (not to read), and locks it. Throws ConfigError where that cannot be done,
  /// where another sweep is at work in it, or where it holds other things than a sweep.
  SweepFolder(const std::string& path, const FolderUse& use);
  SweepFolder(const SweepFolder&) = delete;
  SweepFolder& operator=(const SweepFolder&) = delete;
  ~SweepFolder();

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + '/' + name; }
  std::string result_file(const std::string& key) const { return file("points/" + key + ".json"); }
  std::string scenario_file(const std::string& key) const { return file("points/" + key + ".yaml"); }
  bool alone() const { return alone_; }  ///< nobody else is in the folder: its plan may be written
  /// Lets other shards in.
  void share();
  /// Removes what writers that were killed have left half-written; only when alone.
  void sweep_up() const;

 private:
  std::string path_;
  bool alone_ = false;
  int lock_ = -1;
  int shard_lock_ = -1;
};

}  // namespace teapot

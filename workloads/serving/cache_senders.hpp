#pragma once
// Caches that leave the GPUs of a prefill unit: one after another from each group, whole or layer by layer.
// Knows no network and no request.

#include <vector>

namespace teapot {

class CacheSenders {
 public:
  struct Cache {
    int request = 0;
    int group = 0;  ///< whose GPUs hold it
    int tokens = 0;
    double seconds = 0;  ///< that it takes, nothing else leaving its group
  };
  struct Sent {
    int request = 0;
    int tokens = 0;
    double at_s = 0;      ///< all of it has come
    double behind_s = 0;  ///< it waited for others of its group
  };

  /// `parts`: of a cache that are sent when each is computed; 1: all at the end.
  CacheSenders(int groups, int parts) : parts_(parts), free_s_(static_cast<std::size_t>(groups), 0) {}

  /// Caches of one step that took `step_s` and has ended now.
  std::vector<Sent> send(const std::vector<Cache>& caches, double step_s, double now);

 private:
  double left(double seconds, double step_s) const;

  int parts_;
  std::vector<double> free_s_;  // by group: when all that it was given has left
};

}  // namespace teapot

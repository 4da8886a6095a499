#pragma once
// What readers of many scenarios keep from one to the next: files resolved, and networks built.
// Knows no scenario.

#include <map>
#include <string>

#include "sim/config.hpp"
#include "sim/network.hpp"

namespace teapot {

class KnownParts {
 public:
  /// As resolve_named says, each name once; so a file that changes meanwhile is not read again.
  Tree resolve(const Config& value, const std::string& folder, const std::string& what);
  /// What was kept under a key; null where there is none.
  const Network* network(const std::string& key) const;
  /// Keeps a few: neighbours in a grid seldom need more, and a network of 2,048 GPUs is large.
  void keep(const std::string& key, const Network& network);

 private:
  std::map<std::string, Tree> parts_;  // by folder and what was written: what it resolves to
  std::map<std::string, Network> networks_;
};

/// The mapping meant by a key that names a file of `folder`, or by `fallback` where the key is absent; through `known`
/// where it is given. `what` is for messages.
Tree named_part(const Config& parent, const std::string& key, const std::string& folder, const std::string& what,
                const std::string& fallback, KnownParts* known);

}  // namespace teapot

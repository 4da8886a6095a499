#pragma once
// Reads the named parts of scenarios: files resolved, and networks built, each once however many scenarios name them.
// Knows no scenario.

#include <map>
#include <string>

#include "sim/blocks.hpp"
#include "sim/config.hpp"
#include "sim/network.hpp"
#include "topologies/topology.hpp"

namespace teapot {

class PartReader {
 public:
  /// As resolve_named says, each name once; so a file that changes meanwhile is not read again.
  Tree resolve(const Config& value, const std::string& folder, const std::string& what);
  /// The mapping meant by a key that names a file of `folder`, or by `fallback` where the key is absent. `what` is for
  /// messages.
  Tree named(const Config& parent, const std::string& key, const std::string& folder, const std::string& what,
             const std::string& fallback);
  /// What was kept under a key; null where there is none.
  const Network* network(const std::string& key) const;
  /// Keeps a few: neighbours in a grid seldom need more, and a network of 2,048 GPUs is large.
  void keep(const std::string& key, const Network& network);
  /// What a resolved fabric is made of, and the servers on it; as figures_of says.
  struct FabricFigures {
    Figures figures;
    Site site;
  };
  const FabricFigures& figures(const Tree& fabric);
  /// How the blocks of a network compare; null where nobody asked yet.
  const Blocks* blocks(const std::string& key) const;
  void keep(const std::string& key, Blocks blocks);

 private:
  std::map<std::string, Tree> parts_;  // by folder and what was written: what it resolves to
  std::map<std::string, Network> networks_;
  std::map<std::string, FabricFigures> figures_;  // by fabric, written
  std::map<std::string, Blocks> blocks_;
};

}  // namespace teapot

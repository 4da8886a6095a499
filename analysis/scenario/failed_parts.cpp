// Adds to the failures of a fabric.
// Does not know what they do to routes.

#include "analysis/scenario/failed_parts.hpp"

#include "analysis/scenario/tree_edit.hpp"
#include "sim/catalogue.hpp"

namespace teapot {

Tree fabric_tree(const Tree& scenario) {
  const Tree* written = scenario.find("fabric");
  const bool named = written != nullptr && written->kind != Tree::Kind::null;
  return resolve_named(Config{named ? *written : scalar("h800-mpft")}, "topologies", "fabric");
}

Tree with_failures(const Tree& scenario, const std::vector<Tree>& parts) {
  Tree fabric = fabric_tree(scenario);
  Tree failures;
  failures.kind = Tree::Kind::sequence;
  if (const Tree* known = fabric.find("failures"); known != nullptr) failures.items = known->items;
  failures.items.insert(failures.items.end(), parts.begin(), parts.end());
  set_path(fabric, "failures", failures);
  Tree all = scenario;
  set_path(all, "fabric", fabric);
  return all;
}

}  // namespace teapot

// No overlap: one micro-batch, each stage after the one before it has ended.
// Knows no kernels, no bytes and no time.

#include "workloads/step/overlap.hpp"

namespace teapot {
namespace {

std::vector<Issue> order(const std::vector<bool>& experts) {
  std::vector<Issue> issues;
  for (int l = 0; l < static_cast<int>(experts.size()); ++l) {
    const auto issue = [&](Stage stage) { issues.push_back({stage, l, 0, true}); };
    issue(Stage::projections);
    issue(Stage::attention);
    if (!experts[static_cast<std::size_t>(l)]) {
      issue(Stage::feed_forward);
      continue;
    }
    for (const Stage stage : {Stage::gate, Stage::dispatch, Stage::shared, Stage::experts, Stage::combine})
      issue(stage);
  }
  return issues;
}

const OverlapRegistration registration{{"none", 1, order}};

}  // namespace
}  // namespace teapot

// Blocking flows on shortest augmenting paths.
// Does not know what a node is.

#include "analysis/explain/maximum_flow.hpp"

#include <algorithm>
#include <limits>
#include <queue>

#include "sim/index.hpp"

namespace teapot {
namespace {

class Residual {
 public:
  explicit Residual(const Network& network) : edges_of_(network.nodes.size() + 2) {
    for (const Link& link : network.links) add(link.from, link.to, link.bandwidth.value);
  }
  int source() const { return static_cast<int>(edges_of_.size()) - 2; }
  int sink() const { return static_cast<int>(edges_of_.size()) - 1; }

  void add(int from, int to, double capacity) {
    edges_of_[at(from)].push_back(static_cast<int>(edges_.size()));
    edges_.push_back({to, capacity});
    edges_of_[at(to)].push_back(static_cast<int>(edges_.size()));
    edges_.push_back({from, 0});
    if (capacity != unlimited) smallest_ = std::max(smallest_, capacity * 1e-12);
  }

  double flow() {
    double sum = 0;
    while (find_levels()) {
      next_.assign(edges_of_.size(), 0);
      for (double found = push(); found > 0; found = push()) sum += found;
    }
    return sum;
  }

  static constexpr double unlimited = std::numeric_limits<double>::infinity();

 private:
  struct Edge {
    int to;
    double left;
  };

  bool find_levels() {
    level_.assign(edges_of_.size(), -1);
    level_[at(source())] = 0;
    std::queue<int> open;
    open.push(source());
    for (; !open.empty(); open.pop()) {
      for (const int e : edges_of_[at(open.front())]) {
        const Edge& edge = edges_[at(e)];
        if (edge.left <= smallest_ || level_[at(edge.to)] >= 0) continue;
        level_[at(edge.to)] = level_[at(open.front())] + 1;
        open.push(edge.to);
      }
    }
    return level_[at(sink())] >= 0;
  }

  /// One augmenting path through increasing levels, without recursion; 0 if none is left.
  double push() {
    std::vector<int> path;
    int node = source();
    while (node != sink()) {
      bool stepped = false;
      for (auto& n = next_[at(node)]; n < edges_of_[at(node)].size(); ++n) {
        const int e = edges_of_[at(node)][n];
        const Edge& edge = edges_[at(e)];
        if (edge.left <= smallest_ || level_[at(edge.to)] != level_[at(node)] + 1) continue;
        path.push_back(e);
        node = edge.to;
        stepped = true;
        break;
      }
      if (stepped) continue;
      if (path.empty()) return 0;
      node = edges_[at(path.back() ^ 1)].to;
      path.pop_back();
      ++next_[at(node)];
    }
    double least = unlimited;
    for (const int e : path) least = std::min(least, edges_[at(e)].left);
    for (const int e : path) {
      edges_[at(e)].left -= least;
      edges_[at(e ^ 1)].left += least;
    }
    return least;
  }

  std::vector<Edge> edges_;  // an edge and its reverse stand together
  std::vector<std::vector<int>> edges_of_;
  std::vector<int> level_;
  std::vector<std::size_t> next_;
  double smallest_ = 0;  // what is below is a rounding error
};

}  // namespace

BytesPerSecond maximum_flow(const Network& network, const std::vector<int>& from, const std::vector<int>& to) {
  Residual residual{network};
  for (const int node : from) residual.add(residual.source(), node, Residual::unlimited);
  for (const int node : to) residual.add(node, residual.sink(), Residual::unlimited);
  return {residual.flow()};
}

}  // namespace teapot

// Lists of hops that are stored once.

#include "sim/shared_paths.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace teapot;

namespace {

std::vector<Hop> way(int first, int middle, int last, double share = 1) {
  return {{first, share}, {middle, share}, {last, share}};
}

}  // namespace

TEST_CASE("shared paths: lists that differ in any one hop have numbers of their own, equal ones the same") {
  SharedPaths paths;
  std::set<SharedPaths::Id> ids;
  const auto add = [&](const std::vector<Hop>& hops) { return paths.add(hops.data(), hops.data() + hops.size()); };
  constexpr int each = 4000;  // far more than slots at the beginning, so that many meet in one
  for (int i = 0; i < each; ++i) {
    ids.insert(add(way(i, 1'000'000, 1'000'001)));
    ids.insert(add(way(1'000'000, i, 1'000'001)));
    ids.insert(add(way(1'000'000, 1'000'001, i)));
  }
  CHECK(ids.size() == 3 * each);
  for (int i = 0; i < each; ++i) CHECK(ids.count(add(way(i, 1'000'000, 1'000'001))) == 1);
  std::size_t lists = 0;
  paths.for_each_list([&](SharedPaths::Id, const std::vector<Hop>& hops) {
    CHECK(hops.size() == 3);
    ++lists;
  });
  CHECK(lists == 3 * each);
  CHECK(!paths.spread());
}

TEST_CASE("shared paths: the same links with other shares are another list") {
  SharedPaths paths;
  const auto whole = way(1, 2, 3);
  const auto half = way(1, 2, 3, 0.5);
  const auto first = paths.add(whole.data(), whole.data() + 3);
  const auto second = paths.add(half.data(), half.data() + 3);
  CHECK(first != second);
  CHECK(paths.add(whole.data(), whole.data() + 3) == first);
  CHECK(paths.spread());
  double sum = 0;
  paths.for_each_hop(second, [&](int, double share) { sum += share; });
  CHECK(sum == 1.5);
}

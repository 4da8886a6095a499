// Writes random scenarios into a folder, for tests/same_figures.sh: one seed gives the same ones each time.
// Knows no key; usage: random_scenarios FOLDER COUNT SEED.

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "tests/analysis/random_scenarios.hpp"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: random_scenarios FOLDER COUNT SEED\n", stderr);
    return 2;
  }
  const auto any = rc::gen::exec([] { return teapot::testing::draw_scenario(); });
  rc::Random random{std::strtoull(argv[3], nullptr, 10)};
  for (int i = 0; i < std::atoi(argv[2]); ++i) {
    std::ofstream{std::string{argv[1]} + "/" + std::to_string(i) + ".yaml"} << any(random.split(), 100).value().yaml();
  }
}

// Resolves and hashes scenarios, each part once.
// Does not know what they are for.

#include "analysis/sweep/point_key.hpp"

#include <algorithm>
#include <filesystem>

#include "analysis/output/digest.hpp"
#include "analysis/scenario/scenario.hpp"
#include "analysis/sweep/costs.hpp"
#include "analysis/version.hpp"
#include "sim/catalogue.hpp"
#include "sim/input_file.hpp"

namespace teapot {
PointKeys::PointKeys(const PriceFiles& prices, bool binding, PartReader& parts) : parts_(parts) {
  namespace fs = std::filesystem;
  Digest digest;
  digest.add(version);
  if (binding) digest.add(std::string{"binding"});
  digest.add(load_yaml(economics_file(prices)));
  digest.add(price_list(prices.prices));
  std::vector<std::string> tables;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{fs::path{home()} / "platforms" / "kernels", error}) {
    if (entry.path().extension() == ".csv") tables.push_back(entry.path().string());
  }
  std::sort(tables.begin(), tables.end());
  for (const auto& table : tables) digest.add(read_input(table, most_table_bytes));
  common_ = digest.hex();
}

std::string PointKeys::of(const Tree& scenario) {
  Digest digest;
  digest.add(common_);
  try {
    const Tree all = resolved(scenario, parts_);
    digest.add(all);
    const Tree* platform = all.find("platform");
    if (platform != nullptr) digest.add(read_input(platform->text, most_trace_bytes));
  } catch (const ConfigError& e) {
    digest.add(e.what());  // the same mistake will be found, and recorded, when the point is run
    digest.add(scenario);
  }
  return digest.hex();
}

}  // namespace teapot

// Resolves and hashes scenarios, each part once.
// Does not know what they are for.

#include "analysis/sweep/point_key.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "analysis/scenario.hpp"
#include "analysis/sweep/costs.hpp"
#include "analysis/sweep/digest.hpp"
#include "analysis/version.hpp"
#include "sim/catalogue.hpp"

namespace teapot {
namespace {

/// Names of things are resolved from the folder of the file they are written in, so that is part of what they mean.
std::string written(const Config& value, const std::string& folder) {
  const auto& file = value.tree().place.file;
  Digest digest;
  digest.add(folder);
  digest.add(file ? std::filesystem::path{*file}.parent_path().string() : std::string{});
  digest.add(value.tree());
  return digest.hex();
}

}  // namespace

std::string content_of(const std::string& file) {
  std::ifstream stream{file, std::ios::binary};
  std::stringstream content;
  content << stream.rdbuf();
  if (!stream) throw ConfigError(file + ": cannot be read");
  return content.str();
}

Tree KnownParts::resolve(const Config& value, const std::string& folder, const std::string& what) {
  const std::string name = written(value, folder);
  const auto known = parts_.find(name);
  if (known != parts_.end()) return known->second;
  return parts_.emplace(name, resolve_named(value, folder, what)).first->second;
}

Tree KnownParts::resolved(const Tree& scenario) {
  return teapot::resolved(scenario, [this](const Config& value, const std::string& folder, const std::string& what) {
    return resolve(value, folder, what);
  });
}

PointKeys::PointKeys(const PriceFiles& prices) {
  namespace fs = std::filesystem;
  Digest digest;
  digest.add(version);
  digest.add(load_yaml(economics_file(prices)));
  digest.add(load_yaml(prices_file(prices)));
  std::vector<std::string> tables;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{fs::path{home()} / "platforms" / "kernels", error}) {
    if (entry.path().extension() == ".csv") tables.push_back(entry.path().string());
  }
  std::sort(tables.begin(), tables.end());
  for (const auto& table : tables) digest.add(content_of(table));
  common_ = digest.hex();
}

std::string PointKeys::of(const Tree& scenario) {
  Digest digest;
  digest.add(common_);
  try {
    const Tree all = parts_.resolved(scenario);
    digest.add(all);
    const Tree* platform = all.find("platform");
    if (platform != nullptr) digest.add(content_of(platform->text));
  } catch (const ConfigError& e) {
    digest.add(e.what());  // the same mistake will be found, and recorded, when the point is run
    digest.add(scenario);
  }
  return digest.hex();
}

}  // namespace teapot

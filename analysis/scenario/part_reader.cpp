// Reads and remembers.
// Does not know what the parts are for.

#include "analysis/scenario/part_reader.hpp"

#include <filesystem>
#include <utility>

#include "sim/catalogue.hpp"

namespace teapot {
namespace {

constexpr std::size_t networks_kept = 8;

/// Names of things are resolved from the folder of the file they are written in, so that is part of what they mean.
std::string written(const Config& value, const std::string& folder) {
  const auto& file = value.tree().place.file;
  const std::string from = file ? std::filesystem::path{*file}.parent_path().string() : std::string{};
  return folder + '\n' + from + '\n' + to_yaml(value.tree());
}

/// What resolve_named notes about a key, for one that is not read again.
void note_names(const Config& value, const std::string& folder) {
  value.note_folder(folder);
  if (value.is_mapping() && value.has("from")) note_names(value.at("from"), folder);
}

}  // namespace

Tree PartReader::resolve(const Config& value, const std::string& folder, const std::string& what) {
  const std::string name = written(value, folder);
  const auto known = parts_.find(name);
  if (known != parts_.end()) {
    note_names(value, folder);
    return known->second;
  }
  return parts_.emplace(name, resolve_named(value, folder, what)).first->second;
}

Tree PartReader::named(const Config& parent, const std::string& key, const std::string& folder, const std::string& what,
                       const std::string& fallback) {
  Tree name;
  name.kind = Tree::Kind::scalar;
  name.text = fallback;
  const Config value = parent.has(key) ? parent.at(key) : Config{name};
  return resolve(value, folder, what);
}

const Network* PartReader::network(const std::string& key) const {
  const auto found = networks_.find(key);
  return found == networks_.end() ? nullptr : &found->second;
}

void PartReader::keep(const std::string& key, const Network& network) {
  if (networks_.size() >= networks_kept) networks_.clear();
  networks_.emplace(key, network);
}

const PartReader::FabricFigures& PartReader::figures(const Tree& fabric) {
  const std::string name = to_yaml(fabric);
  if (const auto known = figures_.find(name); known != figures_.end()) return known->second;
  FabricFigures found;
  found.figures = figures_of(Config{fabric}, found.site);
  return figures_.emplace(name, std::move(found)).first->second;
}

const Blocks* PartReader::blocks(const std::string& key) const {
  const auto found = blocks_.find(key);
  return found == blocks_.end() ? nullptr : &found->second;
}

void PartReader::keep(const std::string& key, Blocks blocks) { blocks_.emplace(key, blocks); }

}  // namespace teapot

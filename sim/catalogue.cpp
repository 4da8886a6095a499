// Finds and merges the files behind names.
// Does not know what the files hold.

#include "sim/catalogue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "sim/input_file.hpp"

namespace teapot {
namespace {

namespace fs = std::filesystem;

bool is_path(const std::string& name) {
  return name.find('/') != std::string::npos || name.ends_with(".yaml") || name.ends_with(".yml") ||
         name.ends_with(".json");
}

Tree load(const Config& name, const std::string& folder, const std::string& what) {
  const auto text = name.as<std::string>();
  const auto known = names_in(folder);
  if (is_path(text)) {
    const std::string near = nearest(fs::path{text}.filename().string(), known);  // organisation/model, as on a hub
    if (!near.empty() && !is_there(beside(name.tree().place, text)))
      name.fail(fmt::format("no such file: {} (did you mean \"{}\"?)", one_line(text, 300), near));
    return load_yaml(file_named(name, most_yaml_bytes));
  }
  if (std::find(known.begin(), known.end(), text) == known.end()) name.fail(unknown_name(what, text, known));
  return load_yaml((fs::path{home()} / folder / (text + ".yaml")).string());
}

/// A file may itself start with `from:`.
Tree resolve(const Config& value, const std::string& folder, const std::string& what, int depth) {
  if (depth > 8) value.fail("`from` leads back to itself");
  value.note_folder(folder);
  if (value.is_scalar()) {
    Tree loaded = load(value, folder, what);
    const Config config{loaded};
    return config.is_mapping() && config.has("from") ? resolve(config, folder, what, depth + 1) : loaded;
  }
  if (!value.is_mapping()) value.fail("expected the name of a " + what + ", a path, or a mapping");
  Tree changes = value.tree();
  if (!value.has("from")) return changes;
  Tree base = resolve(value.at("from"), folder, what, depth + 1);
  std::erase_if(changes.entries, [](const Tree::Entry& entry) { return entry.key == "from"; });
  return overlay(std::move(base), changes);
}

}  // namespace

std::string home() {
  if (const char* set = std::getenv("TEAPOT_HOME"); set != nullptr && *set != '\0') return set;
  // An installed program stands beside its data (bin/teapot, share/teapot); one just built reads the source tree.
  static const std::string found = [] {
    std::error_code error;
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    const fs::path beside = program.parent_path().parent_path() / "share" / "teapot";
    return !error && fs::is_directory(beside / "topologies", error) ? beside.string() : std::string{TEAPOT_HOME};
  }();
  return found;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator{fs::path{home()} / folder, error}) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".yaml" && name != "prices")
      names.push_back(name);  // lists lie beside what they price
  }
  std::sort(names.begin(), names.end());
  return names;
}

Tree resolve_named(const Config& value, const std::string& folder, const std::string& what) {
  return resolve(value, folder, what, 0);
}

Tree resolve_named(const std::string& name, const std::string& folder, const std::string& what) {
  if (name.starts_with("{")) return resolve_named(Config{parse_yaml(name, "command line")}, folder, what);
  Tree tree;
  tree.kind = Tree::Kind::scalar;
  tree.text = name;
  tree.place.file = std::make_shared<const std::string>("command line");
  return resolve_named(Config{tree}, folder, what);
}

}  // namespace teapot

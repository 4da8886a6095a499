#pragma once
// Named data files: a model, fabric, accelerator or runtime is a YAML file of a folder, or a path, or one changed in
// place. Knows folders and names, not what the files hold.

#include <string>
#include <vector>

#include "sim/config.hpp"

namespace teapot {

/// The folder with topologies/, workloads/models/ and platforms/: of the project, or share/teapot beside an installed
/// program. TEAPOT_HOME in the environment overrides it.
std::string home();

/// The names of the YAML files of a folder of the project, sorted.
std::vector<std::string> names_in(const std::string& folder);

/// What a scenario says where a named thing is due: `name`, `path/to/file.yaml`, `{from: name, key: changed}` or an
/// inline mapping. The result is one mapping; its values keep the places where they were written. `what` is for
/// messages. A relative path is taken from the folder of the file it is written in, then from the current folder.
Tree resolve_named(const Config& value, const std::string& folder, const std::string& what);
/// The same for a name that comes from the command line.
Tree resolve_named(const std::string& name, const std::string& folder, const std::string& what);

}  // namespace teapot

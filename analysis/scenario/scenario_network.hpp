#pragma once
// The network of a scenario, and what named things are called.
// Does not know what runs on it.

#include <cstdint>
#include <string>

#include "analysis/scenario/part_reader.hpp"
#include "platforms/host.hpp"
#include "workloads/layout/layout.hpp"

namespace teapot {

/// What to call a named thing in a report: the name as written, or what it was derived from.
std::string name_of(const Config& parent, const std::string& key, const std::string& fallback);

/// `key`: under which the network is kept; empty for a platform file. `seed`: of nodes by chance. Throws ConfigError
/// where it has too few GPUs. `host`: whose links a fabric has that does not say its own; `box`: the fabric where none
/// is named, if it is a mapping.
Network read_network(const Config& config, const Layout& layout, std::uint64_t seed, std::string& name,
                     std::string& key, PartReader& parts, const HostPart* host = nullptr, const Tree& box = {});

}  // namespace teapot

#pragma once
// How large the numbers of a description may be. One file, so that what is multiplied below cannot overflow: each limit
// is checked where its number is read. Knows no model, fabric or deployment.

#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "sim/config.hpp"

namespace teapot::limits {

inline constexpr int gpus = 65'534;              ///< of a deployment or a collective: ranks are stored in 16 bits
inline constexpr int fabric_gpus = 1 << 20;      ///< that a fabric is wired for
inline constexpr int ports_of_node = 4'096;      ///< of NICs
inline constexpr int ports_of_switch = 4'096;    ///< up and down together
inline constexpr int endpoints = 1 << 22;        ///< NIC ports of a fabric
inline constexpr std::int64_t cables = 1 << 23;  ///< between switches, of a fabric that is built
inline constexpr int paths = 1'024;              ///< flows or detours of one pair
inline constexpr int layers = 4'096;
inline constexpr int heads = 16'384;
inline constexpr int width = 1 << 20;      ///< hidden and intermediate sizes
inline constexpr int head_width = 65'536;  ///< of one head, of a latent
inline constexpr int vocabulary = 1 << 28;
inline constexpr int experts = 65'535;  ///< expert numbers are stored in 16 bits
inline constexpr int shared_experts = 512;
inline constexpr int requests = 1 << 20;  ///< of one GPU
inline constexpr int drafts = 64;         ///< of a step
inline constexpr double tokens = 1e9;     ///< of context

/// Fails at `key`, or at its section where it has its default.
inline void at_most(const Config& section, const std::string& key, double value, double most) {
  if (value <= most) return;
  (section.has(key) ? section.at(key) : section)
      .fail(fmt::format("{} must be at most {:.0f}, got {:.0f}", key, most, value));
}

}  // namespace teapot::limits

#pragma once
// A short name for content: equal content has an equal name, on every machine and in every build.
// Knows nothing of what is hashed; it is no defence against somebody who wants two contents to collide.

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/config.hpp"

namespace teapot {

/// FNV-1a with 128 bits (draft-eastlake-fnv, section 5).
class Digest {
 public:
  void add(std::string_view text);  ///< with its length, so that "ab" + "c" differs from "a" + "bc"
  void add(const Tree& tree);       ///< kinds, keys and scalars; neither places nor the order of a mapping's keys
  std::string hex() const;          ///< 32 digits

 private:
  void add_bytes(const char* data, std::size_t size);

  std::uint64_t high_ = 0x6c62272e07bb0142;
  std::uint64_t low_ = 0x62b821756295c58d;
};

}  // namespace teapot

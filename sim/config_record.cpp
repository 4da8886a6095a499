// What a Config notes of the keys that it is asked for, where somebody records them: the reference of keys.
// Knows no key.

#include <fmt/format.h>

#include <cstdint>
#include <type_traits>

#include "sim/config.hpp"

namespace teapot {

std::string Config::recorded_path(const std::string& key) const {
  std::string path = reading_->prefix;
  for (const auto& part : {path_, key}) {
    if (part.empty()) continue;
    if (!path.empty() && part.front() != '[') path += '.';
    path += part;
  }
  return path;
}

void Config::describe(const std::string& key, const About& about) const {
  if (!reading_->record) return;
  reading_->record->describe(recorded_path(key), about);
  const std::string here = recorded_path();
  if (!here.empty()) reading_->record->at(here).types.insert("mapping");
}

void Config::note_key(const std::string& key, const char* type, Range range, const About& about) const {
  constexpr const char* ranges[] = {"", " above zero", " not below zero", " from 0 to 1"};
  describe(key, about);
  reading_->record->at(recorded_path(key)).types.insert(std::string{type} + ranges[static_cast<int>(range)]);
}

void Config::note_fallback(const std::string& key, const std::string& fallback) const {
  reading_->record->at(recorded_path(key)).fallbacks.insert(fallback);
}

void Config::note_folder(const std::string& folder) const {
  if (reading_->record) reading_->record->at(recorded_path()).folder = folder;
}

template <class T>
const char* Config::type_name() {
  if constexpr (std::is_same_v<T, std::string>) return "text";
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, Seconds>) return "time";
  if constexpr (std::is_same_v<T, Bytes>) return "bytes";
  if constexpr (std::is_same_v<T, Flops>) return "FLOPs";
  if constexpr (std::is_same_v<T, BytesPerSecond>) return "bandwidth";
  if constexpr (std::is_same_v<T, FlopsPerSecond>) return "FLOP/s";
  return std::is_integral_v<T> ? "integer" : "number";
}

template <class T>
std::string Config::fallback_text(const T& value) {
  if constexpr (is_quantity<T>) {
    return to_text(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    return fmt::format("{:.12g}", value);  // 150 ns / 5 ns is 30
  } else {
    return fmt::format("{}", value);
  }
}

template <class T>
void Config::note_required(const std::string& key, Range range, const About& about) const {
  if (!reading_->record) return;
  note_key(key, type_name<T>(), range, about);
  reading_->record->at(recorded_path(key)).required = true;
}

#define TEAPOT_CONFIG_TYPE(T)                           \
  template const char* Config::type_name<T>();          \
  template std::string Config::fallback_text(const T&); \
  template void Config::note_required<T>(const std::string&, Range, const About&) const;
TEAPOT_CONFIG_TYPE(int)
TEAPOT_CONFIG_TYPE(std::int64_t)
TEAPOT_CONFIG_TYPE(bool)
TEAPOT_CONFIG_TYPE(double)
TEAPOT_CONFIG_TYPE(std::string)
TEAPOT_CONFIG_TYPE(Seconds)
TEAPOT_CONFIG_TYPE(Bytes)
TEAPOT_CONFIG_TYPE(Flops)
TEAPOT_CONFIG_TYPE(BytesPerSecond)
TEAPOT_CONFIG_TYPE(FlopsPerSecond)
#undef TEAPOT_CONFIG_TYPE

}  // namespace teapot

// Looks at the shape of what was read.
// Does not know what the figures mean.

#include "analysis/sweep/damage.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

namespace teapot {

bool is_sound(const Json& result, const std::string& key) {
  const auto is = [&](const char* name, bool (*good)(const Json&)) {
    const auto found = result.find(name);
    return found != result.end() && good(*found);
  };
  const auto text = [](const Json& value) { return value.is_string(); };
  const auto object = [](const Json& value) { return value.is_object(); };
  const auto above_zero = [](const Json& value) { return value.is_number() && value.get<double>() > 0; };
  if (!result.is_object() || !is("key", text) || result.at("key") != key) return false;
  if (result.contains("error")) return is("error", text);
  for (const char* name : {"tpot_ms", "step_ms", "tokens_per_step", "tokens_per_s_per_user", "tokens_per_s_per_gpu"})
    if (!is(name, above_zero)) return false;
  for (const char* name : {"model", "accelerator", "fabric"})
    if (!is(name, text)) return false;
  return is("gpus", above_zero) && is("bottleneck", object) && is("breakdown_ms", object) &&
         is("resources", [](const Json& value) { return value.is_array() || value.is_object(); });
}

bool is_plan(const Json& plan) {
  const auto list = [](const Json& object, const char* name) {
    return object.is_object() && object.contains(name) && object.at(name).is_array();
  };
  const auto texts = [](const Json& values) {
    return std::all_of(values.begin(), values.end(), [](const Json& value) { return value.is_string(); });
  };
  const auto keys = [](const Json& values) {  // they become names of files
    return !values.empty() && std::all_of(values.begin(), values.end(), [](const Json& value) {
      return value.is_string() &&
             value.get_ref<const std::string&>().find_first_not_of("0123456789abcdef") == std::string::npos;
    });
  };
  if (!list(plan, "columns") || !list(plan, "points") || !texts(plan.at("columns"))) return false;
  for (const char* name : {"sweep", "definition"})
    if (!plan.contains(name) || !plan.at(name).is_string()) return false;
  return std::all_of(plan.at("points").begin(), plan.at("points").end(), [&](const Json& point) {
    return list(point, "cells") && list(point, "keys") && keys(point.at("keys")) &&
           point.at("cells").size() == plan.at("columns").size();
  });
}

void report_damaged(const SweepFolder& folder, const std::vector<std::string>& keys, const char* consequence) {
  constexpr std::size_t named = 5;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string file = folder.result_file(keys[i]);
    std::error_code error;
    if (!std::filesystem::is_regular_file(file, error))
      std::filesystem::rename(file, fmt::format("{}.{}.damaged", file, getpid()), error);
    if (i < named) fmt::print(stderr, "{}: damaged, {}\n", file, consequence);
  }
  if (keys.size() > named) fmt::print(stderr, "and {} more of its results\n", keys.size() - named);
}

void report_damaged_plan(const SweepFolder& folder) {
  const std::string file = folder.file("plan.json");
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) std::filesystem::rename(file, file + ".damaged", error);
  fmt::print(stderr, "{}: damaged, written anew\n", file);
}

}  // namespace teapot

// Looks at the shape of what was read.
// Does not know what the figures mean.

#include "analysis/sweep/damage.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>

#include "analysis/output/digest.hpp"
#include "analysis/output/progress_line.hpp"

namespace teapot {

namespace {

using Test = bool (*)(const Json& value);

bool is_text_value(const Json& value) { return value.is_string(); }
bool is_figure(const Json& value) { return value.is_number() && std::isfinite(value.get<double>()); }
bool is_above_zero(const Json& value) { return is_figure(value) && value.get<double>() > 0; }
bool is_not_negative(const Json& value) { return is_figure(value) && value.get<double>() >= 0; }
bool is_price(const Json& value) { return value.is_null() || is_not_negative(value); }  // null: a list lacks it
bool is_used(const Json& value) {
  return value.is_object() && value.contains("kind") && value.at("kind").is_string() && value.contains("use") &&
         is_figure(value.at("use"));
}
bool is_bottleneck(const Json& value) { return value.is_object() && (value.empty() || is_used(value)); }
bool is_breakdown(const Json& value) {
  return value.is_object() && std::all_of(value.begin(), value.end(), is_not_negative);
}
bool are_used(const Json& value) { return value.is_array() && std::all_of(value.begin(), value.end(), is_used); }

/// What each kind of result holds that a table shows: of a decode, a prefill and a service.
struct Field {
  const char* name;
  Test good;
};
constexpr Field any[] = {{"model", is_text_value},
                         {"accelerator", is_text_value},
                         {"fabric", is_text_value},
                         {"gpus", is_above_zero},
                         {"tokens_per_s_per_gpu", is_not_negative}};
constexpr Field prices[] = {{"network_usd_per_gpu", is_price},
                            {"usd_per_gpu", is_price},
                            {"usd_per_gpu_hour", is_price},
                            {"usd_per_million_tokens", is_price},
                            {"tokens_per_s_per_kusd", is_price}};
constexpr Field step[] = {{"step_ms", is_above_zero},
                          {"tokens_per_s_per_gpu", is_above_zero},
                          {"compute_ms", is_not_negative},
                          {"communication_ms", is_not_negative},
                          {"exposed_communication_ms", is_not_negative},
                          {"overlap_fraction", is_figure},
                          {"bottleneck", is_bottleneck},
                          {"breakdown_ms", is_breakdown},
                          {"resources", are_used}};
constexpr Field decode[] = {
    {"tpot_ms", is_above_zero}, {"tokens_per_step", is_above_zero}, {"tokens_per_s_per_user", is_above_zero}};
constexpr Field prefill[] = {{"ttft_ms", is_above_zero}, {"prefill_ms", is_above_zero}};
constexpr Field training_fields[] = {{"step_s", is_above_zero},
                                     {"tokens_per_day", is_above_zero},
                                     {"mfu_causal", is_above_zero},
                                     {"mfu_noncausal", is_above_zero},
                                     {"memory_bytes", is_above_zero}};
constexpr Field service_fields[] = {{"ttft_p50_ms", is_not_negative},
                                    {"ttft_p99_ms", is_not_negative},
                                    {"goodput_requests_per_s", is_not_negative},
                                    {"requests_per_s", is_not_negative},
                                    {"overloaded", is_not_negative}};
/// Not where every answer is one token.
constexpr Field between_tokens[] = {
    {"tpot_ms", is_not_negative}, {"tpot_p99_ms", is_not_negative}, {"itl_p99_ms", is_not_negative}};

/// What is no file would swallow what is written in its place. A name that is taken may be a folder: another is tried.
void move_aside(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_regular_file(file, error)) return;
  for (int n = 1; n < 1000; ++n) {
    const std::string other = fmt::format("{}.{}-{}.damaged", file, getpid(), n);
    if (std::filesystem::symlink_status(other, error).type() != std::filesystem::file_type::not_found) continue;
    std::filesystem::rename(file, other, error);
    return;
  }
}

bool holds_all(const Json& result, std::span<const Field> fields) {
  return std::all_of(fields.begin(), fields.end(), [&](const Field& field) {
    const auto found = result.find(field.name);
    return found != result.end() && field.good(*found);
  });
}

}  // namespace

Json sealed(Json result) {
  result.erase("digest");
  Digest digest;
  digest.add(result.dump(-1, ' ', false, Json::error_handler_t::replace));
  result["digest"] = digest.hex();
  return result;
}

bool is_sound(const Json& result, const std::string& key) {
  if (!result.is_object() || !result.contains("key") || result.at("key") != key) return false;
  if (!result.contains("digest") || result.at("digest") != sealed(result).at("digest")) return false;
  if (result.contains("error")) return result.at("error").is_string();
  return is_run(result) && holds_all(result, prices);
}

bool is_run(const Json& result) {
  if (!result.is_object() || !holds_all(result, any)) return false;
  if (result.contains("surface")) {
    const bool one_token = !result.contains("tpot_ms") && !result.contains("tpot_p99_ms");
    return holds_all(result, service_fields) && (one_token || holds_all(result, between_tokens));
  }
  if (result.contains("phase") && result.at("phase") == "training") return holds_all(result, training_fields);
  const bool of_prompts = result.contains("phase") && result.at("phase") == "prefill";
  return holds_all(result, step) && (of_prompts ? holds_all(result, prefill) : holds_all(result, decode));
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
    move_aside(file);
    if (i < named) to_stderr(fmt::format("{}: damaged, {}\n", file, consequence));
  }
  if (keys.size() > named) to_stderr(fmt::format("and {} more of its results\n", keys.size() - named));
}

void report_damaged_plan(const SweepFolder& folder) {
  const std::string file = folder.file("plan.json");
  move_aside(file);
  to_stderr(fmt::format("{}: damaged, written anew\n", file));
}

}  // namespace teapot

// Finds differences and lays them out.
// Does not run anything.

#include "analysis/sweep/comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>

#include "analysis/output/text_table.hpp"

namespace teapot {
namespace {

using Json = nlohmann::ordered_json;
using Leaves = std::vector<std::pair<std::string, std::string>>;

struct Figure {
  const char* name;
  const char* title;
  const char* format;
};

constexpr Figure figures[] = {{"tpot_ms", "TPOT, ms", "{:.3f}"},
                              {"step_ms", "step, ms", "{:.3f}"},
                              {"step_s", "step, s", "{:.3f}"},
                              {"tokens_per_day", "tokens a day", "{:.4g}"},
                              {"mfu_causal", "MFU, causal", "{:.4f}"},
                              {"mfu_noncausal", "MFU, whole attention", "{:.4f}"},
                              {"ttft_p50_ms", "TTFT, median, ms", "{:.1f}"},
                              {"ttft_p99_ms", "TTFT, 99 of 100, ms", "{:.1f}"},
                              {"tpot_p99_ms", "TPOT, 99 of 100, ms", "{:.3f}"},
                              {"itl_p99_ms", "between tokens, 99 of 100, ms", "{:.3f}"},
                              {"requests_per_s", "requests/s", "{:.2f}"},
                              {"goodput_requests_per_s", "within the limits, requests/s", "{:.2f}"},
                              {"tokens_per_s_per_user", "tokens/s/user", "{:.2f}"},
                              {"tokens_per_s_per_gpu", "tokens/s/GPU", "{:.1f}"},
                              {"compute_ms", "computing, ms a step", "{:.3f}"},
                              {"communication_ms", "communication, ms a step", "{:.3f}"},
                              {"exposed_communication_ms", "exposed communication, ms", "{:.3f}"},
                              {"network_usd_per_gpu", "network, $ a GPU", "{:.0f}"},
                              {"usd_per_gpu", "GPU and network, $", "{:.0f}"},
                              {"usd_per_million_tokens", "$ a million output tokens", "{:.4f}"},
                              {"tokens_per_s_per_kusd", "tokens/s a k$", "{:.2f}"},
                              {"goodput_requests_per_s_per_musd", "within the limits, requests/s a M$", "{:.3f}"}};

void add_leaves(const Tree& tree, const std::string& path, Leaves& leaves) {
  if (tree.kind == Tree::Kind::mapping) {
    for (const auto& entry : tree.entries) {
      add_leaves(entry.value, path.empty() ? entry.key : path + '.' + entry.key, leaves);
    }
    return;
  }
  std::string text = tree.text;
  for (const auto& item : tree.items) {
    if (!text.empty()) text += ", ";
    text += item.kind == Tree::Kind::scalar ? item.text : std::string{"..."};
  }
  leaves.emplace_back(path, text);
}

/// {from: name} and `name` alone say the same: both are the key itself.
Leaves leaves_of(const Design& design) {
  Leaves leaves;
  if (design.scenario.kind == Tree::Kind::mapping) {
    add_leaves(design.scenario, "", leaves);
    for (auto& [key, text] : leaves) {
      if (key.ends_with(".from")) key.erase(key.size() - 5);
    }
    return leaves;
  }
  // What a result alone says of its inputs.
  for (const char* name : {"model", "accelerator", "fabric", "gpus", "seed"}) {
    if (!design.result.contains(name)) continue;
    const Json& value = design.result.at(name);
    leaves.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return leaves;
}

std::optional<double> number(const Design& design, const std::string& name) {
  const auto found = design.result.find(name);
  if (found == design.result.end() || !found->is_number()) return {};
  return found->get<double>();
}

std::string busiest(const Design& design) {
  if (!design.result.contains("bottleneck") || !design.result.at("bottleneck").contains("kind")) return "";
  const Json& b = design.result.at("bottleneck");
  return fmt::format("{} {:.0f}%", b.at("kind").get<std::string>(), 100 * b.at("use").get<double>());
}

TextTable table_for(const std::vector<Design>& designs, const std::string& first) {
  std::vector<TextTable::Column> columns{{first}};
  for (const auto& design : designs) columns.push_back({design.name, TextTable::Align::right});
  return TextTable{columns};
}

/// Whether a library of collectives that differs says it: its algorithms and limits follow from its name.
bool said_by_library(const std::string& key, const std::vector<InputDifference>& differences) {
  constexpr std::string_view whole = "decode.collectives.";
  if (!key.starts_with(whole)) return false;
  const std::string kind = key.substr(0, key.find('.', whole.size()) + 1);  // decode.collectives.all-reduce.
  const auto names = [&](const std::string& other) {
    const bool library = other.starts_with(kind) && other.ends_with(".library");
    return library && std::count(other.begin(), other.end(), '.') == 4;  // of an operation, not of one algorithm
  };
  return !names(key) &&
         std::any_of(differences.begin(), differences.end(), [&](const auto& d) { return names(d.key); });
}

/// Whether another difference says it all: another accelerator or model by its name, another communication library
/// by the accelerator's. Where figures come from, and how well they fit, is not an input.
bool said_by_name(const std::string& key, const std::vector<InputDifference>& differences) {
  if (key.ends_with(".source") || key.ends_with(".error") || said_by_library(key, differences)) return true;
  const std::pair<const char*, const char*> names[] = {{"accelerator.", "accelerator.name"},
                                                       {"model.", "model.name"},
                                                       {"decode.communication.", "accelerator.communication"},
                                                       {"decode.collectives.", "decode.runtime.name"}};
  return std::any_of(std::begin(names), std::end(names), [&](const auto& one) {
    const auto& [part, name] = one;
    return key.starts_with(part) && key != name &&
           std::any_of(differences.begin(), differences.end(), [&](const auto& d) { return d.key == name; });
  });
}

std::string shortened(const std::string& text) {
  constexpr std::size_t most = 40;
  return text.size() <= most ? text : text.substr(0, most - 3) + "...";
}

}  // namespace

std::vector<InputDifference> input_differences(const std::vector<Design>& designs) {
  std::vector<std::string> order;
  std::vector<std::map<std::string, std::string>> said;
  for (const auto& design : designs) {
    said.emplace_back();
    for (const auto& [key, text] : leaves_of(design)) {
      if (std::find(order.begin(), order.end(), key) == order.end()) order.push_back(key);
      said.back()[key] = text;
    }
  }
  std::vector<InputDifference> differences;
  for (const auto& key : order) {
    InputDifference difference{key, {}};
    for (std::size_t d = 0; d < designs.size(); ++d) {
      const auto found = said[d].find(key);
      const bool known = designs[d].scenario.kind == Tree::Kind::mapping;
      difference.values.push_back(found != said[d].end() ? found->second : known ? "-" : "");
    }
    const auto& first = difference.values[0];
    if (std::any_of(difference.values.begin(), difference.values.end(), [&](const auto& v) { return v != first; })) {
      differences.push_back(std::move(difference));
    }
  }
  return differences;
}

std::vector<std::string> unlike(const std::vector<Design>& designs) {
  std::vector<std::string> parts;
  for (const auto& difference : input_differences(designs)) {
    std::string part = difference.key;
    for (const char* whole : {"model", "accelerator", "fabric", "decode.runtime", "decode.communication",
                              "decode.collectives", "decode.routing", "decode.precision"}) {
      if (part.starts_with(std::string{whole} + '.')) part = whole;
    }
    if (part == "decode.communication" || said_by_name(difference.key, {})) continue;  // the accelerator's
    if (std::find(parts.begin(), parts.end(), part) == parts.end()) parts.push_back(part);
  }
  return parts;
}

std::string work_of(const Json& result) {
  if (result.contains("surface")) return "requests served";
  const std::string phase = result.value("phase", "decode");
  return phase == "training" ? "a training step" : phase == "prefill" ? "a prefill" : "a decode step";
}

void check_same_work(const std::vector<Design>& designs) {
  for (const auto& design : designs) {
    const std::string own = work_of(design.result);
    const std::string first = work_of(designs[0].result);
    if (own == first) continue;
    throw ConfigError(
        fmt::format("{} is {} and {} is {}: no figure of the one stands beside one of the other; compare results of "
                    "the same work",
                    designs[0].name, first, design.name, own));
  }
}

namespace {

/// Over ratios of designs that more than one change lies between.
std::string warning_of(std::vector<std::string> parts) {
  if (parts.size() < 2) return "";
  const std::size_t all = parts.size();
  constexpr std::size_t most = 8;
  parts.resize(std::min(all, most));
  return fmt::format("warning: unlike in {} things ({}{}): a ratio is of all of them together\n\n", all,
                     fmt::join(parts, ", "), all > most ? fmt::format(" and {} more", all - most) : "");
}

/// What was warned of when each was simulated.
std::string warnings_of(const std::vector<Design>& designs) {
  std::string text;
  for (const auto& design : designs) {
    if (!design.result.contains("warnings")) continue;
    for (const auto& line : design.result.at("warnings"))
      text += fmt::format("warning: {}: {}\n", design.name, one_line(line.get<std::string>()));
  }
  return text;
}

}  // namespace

std::string comparison_text(const std::vector<Design>& designs) {
  const auto differences = input_differences(designs);
  std::string text = warning_of(unlike(designs));
  if (differences.empty()) {
    text += "no difference between the inputs\n";
  } else {
    TextTable inputs = table_for(designs, "differs");
    for (const auto& difference : differences) {
      if (said_by_name(difference.key, differences)) continue;
      std::vector<std::string> cells{difference.key};
      for (const auto& value : difference.values) cells.push_back(shortened(value));
      inputs.add(std::move(cells));
    }
    text += inputs.to_text();
  }
  TextTable results = table_for(designs, "result");
  for (const auto& figure : figures) {
    std::vector<std::string> cells{figure.title};
    const auto first = number(designs[0], figure.name);
    bool any = false;
    for (std::size_t d = 0; d < designs.size(); ++d) {
      const auto own = number(designs[d], figure.name);
      any = any || own;
      std::string cell = own ? fmt::format(fmt::runtime(figure.format), *own) : "unknown";
      if (d > 0 && own && first && *first > 0) cell += fmt::format(" ({:.3f}x)", *own / *first);
      cells.push_back(std::move(cell));
    }
    if (any) results.add(std::move(cells));
  }
  std::vector<std::string> cells{"most in use"};
  for (const auto& design : designs) cells.push_back(busiest(design));
  if (std::any_of(cells.begin() + 1, cells.end(), [](const auto& cell) { return !cell.empty(); }))
    results.add(std::move(cells));
  return text + '\n' + results.to_text() + warnings_of(designs);
}

Json comparison_json(const std::vector<Design>& designs) {
  Json json;
  json["unlike"] = unlike(designs);
  auto& differences = json["differences"] = Json::array();
  const auto all = input_differences(designs);
  for (const auto& difference : all) {
    differences.push_back(
        {{"key", difference.key}, {"values", difference.values}, {"said_by_name", said_by_name(difference.key, all)}});
  }
  auto& list = json["designs"] = Json::array();
  for (const auto& design : designs) {
    Json one{{"name", design.name}};
    for (const auto& figure : figures) {
      const auto own = number(design, figure.name);
      const auto first = number(designs[0], figure.name);
      one[figure.name] = own ? Json(*own) : Json(nullptr);
      one[std::string{figure.name} + "_ratio"] = own && first && *first > 0 ? Json(*own / *first) : Json(nullptr);
    }
    if (design.result.contains("warnings")) one["warnings"] = design.result.at("warnings");
    if (design.result.contains("bottleneck")) one["bottleneck"] = design.result.at("bottleneck");
    list.push_back(std::move(one));
  }
  return json;
}

}  // namespace teapot

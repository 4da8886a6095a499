// Lists the constants of platforms/ as their files state them.
// Does not judge them.

#include "analysis/validation/constants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "sim/catalogue.hpp"
#include "sim/config.hpp"

namespace teapot {
namespace {

struct Meaning {
  const char* key;
  const char* what;
  const char* range;
};

constexpr Meaning meanings[] = {
    {"compute", "part of the peak that a kernel's arithmetic reaches", "0 to 1"},
    {"memory", "part of the memory bandwidth that a kernel reaches", "0 to 1"},
    {"sharpness", "of the roofline's corner: 1 adds arithmetic and reading up, 0 takes the longer", "0, or 1 to 8"},
    {"startup", "prologue and epilogue of a kernel, beside the launch", "0 to 25 us"},
    {"sm_bandwidth", "what one SM loads when few are busy; 0 where it never binds", "0, or 50 to 400 GB/s"},
    {"block", "an SM's time for 128 values along k of a tile, or for a sequence's KV head", "0 to 5 us"},
    {"paired_block", "the same where SMs load tiles in pairs, from `paired_rows` rows on", "0 to 1 us"},
    {"paired_rows", "rows from which SMs load tiles in pairs", "whole numbers"},
    {"launch", "from one kernel to the next in a recorded graph", "1 to 4 us"},
    {"communication_latency", "of starting a communication kernel and of a flag on a neighbour, over an H100's",
     "0.5 to 3"},
    {"overhead", "software floor of a call between two ranks", "0 to 100 us"},
    {"per_rank", "more for each further rank: a flag, or a ring's hop", "0 to 10 us"},
    {"efficiency", "part of a link's line rate that a library's kernel reaches", "0 to 1"},
    {"per_message", "of a NIC or a copying SM, for each message", "0 to 100 ns"},
    {"latency", "of a message through a NIC: posting, completion, polling", "0 to 20 us"},
    {"loads", "at which a rank loads its tokens before it copies them to each receiver", "above 0"},
    {"sm_share", "part of the SMs that a communication kernel holds while in flight", "0 to 1"},
    {"sm_time", "of the SMs for sending and receiving, which overlapped work gives up", "0 to 100 us"},
    {"per_prompt_kernel", "what an engine adds to each kernel of a step with prompts in it, which is no recorded graph",
     "0 to 40 us"},
    {"per_launch", "at least, between the launches of two kernels of such a step: the host's time", "5 to 60 us"},
    {"recorded_tokens", "most tokens of a step that graphs were recorded for", "0 to 8192"},
    {"per_kernel", "what an engine adds between two kernels of a recorded graph", "0 to 5 us"},
    {"per_request", "an engine's host, for each request and step: sampling, detokenising, scheduling", "0 to 50 us"},
    {"per_agreement", "for each doubling of attention groups: their schedulers gather what each will compute",
     "0 to 2 ms"},
    {"per_step", "an engine's host between two steps, where it is not hidden", "0 to 5 ms"},
    {"weight_only", "what kernels of narrow weights reach of the memory, over those of the arithmetic", "0 to 1"},
    {"error", "median relative residual of the fit", "0 to 1"},
};

bool is_constant(const std::string& key) {
  return std::any_of(std::begin(meanings), std::end(meanings), [&](const Meaning& one) { return key == one.key; });
}

/// Numbers of a mapping and of those inside it, as "key value", paths shortened to their end.
void collect(const Tree& tree, const std::string& prefix, std::vector<std::string>& found) {
  for (const auto& [key, place, value] : tree.entries) {
    if (value.kind == Tree::Kind::scalar && (is_constant(key) || prefix == "weight_only "))
      found.push_back(prefix + key + " " + value.text);
    if (value.kind == Tree::Kind::mapping && key != "kernels" && key != "peak") {
      const bool plain = key == "wire" || key == "algorithms" || key == "limits";
      collect(value, plain ? prefix : prefix + key + " ", found);
    }
  }
}

std::string text_of(const Tree& tree, const char* key) {
  const Tree* found = tree.find(key);
  std::string text = found != nullptr ? found->text : "";
  std::replace(text.begin(), text.end(), '|', '/');
  return text;
}

std::string row(const std::string& of, const std::vector<std::string>& values, const std::string& rows) {
  std::string list;
  for (const auto& value : values) list += (list.empty() ? "" : ", ") + value;
  return list.empty() ? "" : fmt::format("| {} | {} | {} |\n", of, list, rows);
}

std::string rows_of_file(const std::string& folder, const std::string& name) {
  const Tree tree = load_yaml((std::filesystem::path{home()} / folder / (name + ".yaml")).string());
  std::string text;
  std::vector<std::string> own;
  std::string operations;
  const bool library = folder.ends_with("communication");
  for (const auto& [key, place, value] : tree.entries) {
    if (!library || value.kind != Tree::Kind::mapping) continue;
    std::vector<std::string> of_operation;
    collect(value, "", of_operation);
    const std::string rows = text_of(value, "source");
    operations += row(name + ": " + key, of_operation, rows.empty() ? text_of(tree, "source") : rows);
  }
  if (!library) collect(tree, "", own);
  text += row(name, own, text_of(tree, "source")) + operations;
  if (const Tree* kernels = tree.find("kernels")) {
    for (const auto& [kind, place, fit] : kernels->entries) {
      std::vector<std::string> of_kind;
      collect(fit, "", of_kind);
      text += row(name + ": " + kind, of_kind, text_of(fit, "source"));
    }
  }
  return text;
}

}  // namespace

std::string constants_audit() {
  std::string text =
      "## Every fitted constant\n\nWhat each means, and the range in which it makes sense:\n\n"
      "| constant | what it is | range |\n|---|---|---|\n";
  for (const auto& [key, what, range] : meanings) text += fmt::format("| {} | {} | {} |\n", key, what, range);
  text +=
      "\nTheir values, as the files of `platforms/` state them, and the rows behind them. A file that stands on "
      "another "
      "lists\nwhat it changes.\n\n| of | values | rows |\n|---|---|---|\n";
  for (const char* folder : {"platforms/accelerators", "platforms/communication", "platforms/runtimes"}) {
    for (const auto& name : names_in(folder)) text += rows_of_file(folder, name);
  }
  return text + "\n";
}

}  // namespace teapot

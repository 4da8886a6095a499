// Reads libraries by operation.
// Does not know how they choose their kernels.

#include "analysis/scenario/libraries.hpp"

#include <algorithm>

#include "analysis/scenario/tree_edit.hpp"
#include "sim/catalogue.hpp"

namespace teapot {
namespace {

constexpr const char* folder = "platforms/communication";
constexpr const char* what = "communication library";

std::string written(const Config& value) {
  const Tree& tree = value.tree();
  if (tree.kind == Tree::Kind::scalar) return tree.text;
  const Tree* from = tree.find("from");
  return from != nullptr && from->kind == Tree::Kind::scalar ? from->text + " (changed)" : "inline";
}

/// What single operations are served by: the scenario's word, or the accelerator's where the scenario says nothing.
std::map<std::string, Config> named_operations(const Config& decode, const std::map<std::string, std::string>& usual) {
  std::map<std::string, Config> named;
  if (!decode.has("communication")) {
    for (const auto& [operation, library] : usual) named.emplace(operation, Config{scalar(library)});
  }
  const Config section = decode.section(
      "collectives", {"Libraries of single operations, where `communication` or the accelerator's are not meant",
                      "{all-reduce: nccl}"});
  const auto known = collective_operations();
  for (const auto& operation : known) section.has(operation, {"The library that serves it", "nccl"});
  for (const auto& operation : section.keys()) {
    if (std::find(known.begin(), known.end(), operation) == known.end())
      section.at(operation).fail(unknown_name("operation", operation, known));
    named.insert_or_assign(operation, section.at(operation));
  }
  return named;
}

}  // namespace

Libraries read_libraries(const Config& decode, const Accelerator& accelerator, const ScaleUp& scale_up,
                         PartReader& parts) {
  Libraries libraries;
  libraries.name = decode.has("communication") ? written(decode.at("communication")) : accelerator.communication;
  const Tree usual = parts.named(decode, "communication", folder, what, accelerator.communication);
  const Config library = decode.in_place_of("communication", usual);
  const CollectiveCosts all = read_communication(library, scale_up);
  libraries.errors = read_communication_errors(library);
  libraries.copies = read_copies(library);
  std::map<std::string, CollectiveCosts> single;
  for (const auto& [operation, value] : named_operations(decode, accelerator.collectives)) {
    const Tree file = parts.resolve(value, folder, what);
    libraries.by_operation[operation] = written(value);
    single[operation] = read_communication(Config{file}, scale_up);
    libraries.errors[operation] = read_communication_errors(Config{file})[operation];
    if (operation == "dispatch") libraries.copies = read_copies(Config{file});
  }
  libraries.costs = [all, single](const CollectiveCall& call) {
    const auto found = single.find(call.operation);
    return found == single.end() ? all(call) : found->second(call);
  };
  return libraries;
}

std::map<std::string, std::string> usual_collectives(const Accelerator& accelerator, const RuntimeCost& runtime) {
  auto usual = accelerator.collectives;
  // A stack's own kernels copy between GPUs that see each other's memory.
  if (accelerator.scale_up_bandwidth > BytesPerSecond{}) {
    for (const auto& [operation, library] : runtime.collectives) usual.insert_or_assign(operation, library);
  }
  return usual;
}

void resolve_libraries(const Config& decode, const Accelerator& accelerator, Tree& all, PartReader& parts) {
  const std::string& fallback = accelerator.communication;
  for (const auto& [operation, value] : named_operations(decode, accelerator.collectives))
    set_path(all, "decode.collectives." + operation, parts.resolve(value, folder, what));
  set_path(all, "decode.communication", parts.named(decode, "communication", folder, what, fallback));
}

}  // namespace teapot

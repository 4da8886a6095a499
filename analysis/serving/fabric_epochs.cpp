// Failures put in order of time.
// Knows no pool and no step.

#include "analysis/serving/fabric_epochs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <set>

#include "analysis/scenario/tree_edit.hpp"
#include "workloads/serving/arrivals.hpp"

namespace teapot {
namespace {

constexpr std::size_t most_failures = 32;  // each fabric between two of them is simulated

TimedFailure read_failure(const Config& item) {
  if (!item.is_mapping()) item.fail("expected a mapping such as {plane: 3, at: 5 min, until: 8 min}");
  TimedFailure f;
  if (!item.has("at")) item.fail("missing key \"at\" (a time from the first arrival, such as 5 min)");
  f.at_s = read_span(item.at("at"), 0);
  if (item.has("until")) f.until_s = read_span(item.at("until"), 0);
  if (f.until_s <= f.at_s) item.at("until").fail(fmt::format("must be after `at`, {:g} s", f.at_s));
  f.part = item.tree();
  for (const char* key : {"at", "until"}) erase(f.part, key);
  if (f.part.entries.size() != 1) {
    item.fail("names no part of the fabric, or several (one of link, nic, switch, plane, tier)");
  }
  return f;
}

std::string words_of(const Tree& part) {
  const Tree::Entry& entry = part.entries.front();
  return fmt::format("{} {}", entry.key, one_line(entry.value.text, 80));
}

}  // namespace

std::vector<TimedFailure> read_failures(const Config& serving) {
  std::vector<TimedFailure> failures;
  if (!serving.has("failures")) return failures;
  const auto items = serving.at("failures").items();
  if (items.size() > most_failures) serving.at("failures").fail(fmt::format("are at most {}", most_failures));
  for (const Config& item : items) failures.push_back(read_failure(item));
  return failures;
}

std::string FabricEpoch::words() const {
  std::vector<std::string> parts;
  for (const Tree& part : failed) parts.push_back(words_of(part));
  return parts.empty() ? "nothing" : fmt::format("{}", fmt::join(parts, ", "));
}

std::vector<FabricEpoch> fabric_epochs(const std::vector<TimedFailure>& failures) {
  std::set<double> times{0};
  for (const TimedFailure& f : failures) times.insert({f.at_s, f.until_s});
  std::vector<FabricEpoch> epochs;
  if (failures.empty()) return epochs;
  for (const double time : times) {
    if (time == std::numeric_limits<double>::infinity()) continue;
    std::map<std::string, Tree> parts;  // each once, in an order of their own
    for (const TimedFailure& f : failures) {
      if (f.at_s <= time && time < f.until_s) parts.emplace(words_of(f.part), f.part);
    }
    FabricEpoch epoch{time, {}};
    for (const auto& [words, part] : parts) epoch.failed.push_back(part);
    if (epochs.empty() || epochs.back().words() != epoch.words()) epochs.push_back(std::move(epoch));
  }
  return epochs;
}

void check_reach(const Network& network) {
  for (int gpu = 1; gpu < network.ranks(); ++gpu) {
    network.route(0, gpu);
    network.route(gpu, 0);
  }
}

}  // namespace teapot

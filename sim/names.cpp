// How near a word is to the known ones.
// Does not know what the words are names of.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

#include "sim/config.hpp"

namespace teapot {
namespace {

int edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<int>> cost(a.size() + 1, std::vector<int>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) cost[i][0] = static_cast<int>(i);
  for (std::size_t j = 0; j <= b.size(); ++j) cost[0][j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int change = a[i - 1] == b[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {  // two letters swapped
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

/// As people write it who do not look: H100, fp8_block.
std::string plain(std::string name) {
  for (char& c : name) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (c == '_' || c == ' ') c = '-';
  }
  return name;
}

/// The longest known name that the written one goes on from: h100-sxm is an h100.
std::string begun_with(const std::string& name, const std::vector<std::string>& known) {
  std::string best;
  for (const auto& candidate : known) {
    const bool begins = candidate.size() >= 3 && name.starts_with(plain(candidate)) &&
                        !std::isalnum(static_cast<unsigned char>(name[candidate.size()]));
    if (begins && candidate.size() > best.size()) best = candidate;
  }
  return best;
}

std::string letters_and_digits(const std::string& name) {
  std::string letters;
  for (const char c : plain(name))
    if (std::isalnum(static_cast<unsigned char>(c))) letters += c;
  return letters;
}

/// Known names that go on from the written one: llama3 may be llama-3.1-8b, or any other of its family.
std::vector<std::string> going_on_from(const std::string& name, const std::vector<std::string>& known) {
  const std::string written = letters_and_digits(name);
  std::vector<std::string> names;
  if (written.size() < 3) return names;
  for (const auto& candidate : known)
    if (letters_and_digits(candidate).starts_with(written)) names.push_back(candidate);
  return names;
}

/// `did you mean "a"? `, or of several: `did you mean one of a, b, c? `; empty where nothing is near.
std::string offer(const std::string& name, const std::vector<std::string>& known) {
  const std::string near = nearest(name, known);
  if (!near.empty() && letters_and_digits(near) == letters_and_digits(name))
    return fmt::format("did you mean \"{}\"? ", near);
  const auto family = going_on_from(name, known);
  if (family.size() > 1 && family.size() <= 12) return fmt::format("did you mean one of {}? ", fmt::join(family, ", "));
  const std::string best = family.size() == 1 ? family.front() : near;
  return best.empty() ? "" : fmt::format("did you mean \"{}\"? ", best);
}

}  // namespace

std::string nearest(const std::string& name, const std::vector<std::string>& known) {
  const std::string written = plain(name);
  std::string best;
  int best_distance = std::max<int>(1, static_cast<int>(name.size()) / 3) + 1;
  for (const auto& candidate : known) {
    const auto longer =
        static_cast<int>(std::max(name.size(), candidate.size()) - std::min(name.size(), candidate.size()));
    if (longer >= best_distance || name.size() > 200) continue;
    const int distance = edit_distance(written, plain(candidate));
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best.empty() ? begun_with(written, known) : best;
}

std::string unknown_name(const std::string& what, const std::string& name, const std::vector<std::string>& known) {
  return fmt::format("unknown {} {} ({}known: {})", what, in_quotes(name), offer(name, known),
                     known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", ")));
}

}  // namespace teapot

// Writes down what readers say about keys.
// Knows no reader.

#include "sim/key_record.hpp"

#include <algorithm>
#include <sstream>
#include <string_view>

namespace teapot {

std::string KeyRecord::canonical(const std::string& path) const {
  std::string result;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string_view part = std::string_view{path}.substr(begin, end - begin);
    const std::size_t bracket = part.find('[');
    const std::string_view name = open_.count(result) > 0 ? "*" : part.substr(0, bracket);
    begin = end + 1;
    if (!result.empty() && !name.empty()) result += '.';
    result += name;
    if (bracket != std::string::npos) result += "[]";
  }
  return result;
}

KeyEntry& KeyRecord::at(const std::string& path) {
  KeyEntry*& entry = known_[path];
  if (entry == nullptr) entry = &entries_[canonical(path)];
  return *entry;
}

void KeyRecord::open(const std::string& path) {
  if (open_.insert(canonical(path)).second) known_.clear();
}

void KeyRecord::describe(const std::string& path, const About& about) {
  KeyEntry& entry = at(path);
  if (*about.meaning != '\0') entry.meaning = about.meaning;
  if (*about.example != '\0') entry.example = about.example;
  if (*about.otherwise != '\0') entry.otherwise = about.otherwise;
  if (*about.aliases == '\0' || !entry.aliases.empty()) return;
  std::istringstream names{about.aliases};
  for (std::string name; names >> name;) entry.aliases.push_back(name);
}

}  // namespace teapot

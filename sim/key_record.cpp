// Writes down what readers say about keys.
// Knows no reader.

#include "sim/key_record.hpp"

#include <sstream>

namespace teapot {

std::string KeyRecord::canonical(const std::string& path) const {
  std::string result;
  std::istringstream parts{path};
  for (std::string part; std::getline(parts, part, '.');) {
    const std::size_t bracket = part.find('[');
    std::string name = part.substr(0, bracket);
    if (open_.count(result) > 0) name = "*";
    if (!result.empty() && !name.empty()) result += '.';
    result += name;
    if (bracket != std::string::npos) result += "[]";
  }
  return result;
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

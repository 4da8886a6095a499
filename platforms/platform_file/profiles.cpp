// Looks for profiles in a platform file's text.
// Does not parse XML: the attributes and tags have names that nothing else bears.

#include "platforms/platform_file/profiles.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>

#include "sim/config.hpp"

namespace teapot {

void refuse_profiles(const std::string& file) {
  constexpr std::array words{"availability_file=", "state_file=", "speed_file=",    "bandwidth_file=",
                             "latency_file=",      "<trace ",     "<trace_connect "};
  std::ifstream in{file};
  bool comment = false;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    if (line.find("<!--") != std::string::npos) comment = true;
    for (const std::string word : words) {
      const std::size_t found = comment ? std::string::npos : line.find(word);
      if (found == std::string::npos) continue;
      throw ConfigError(fmt::format("{}:{}:{}: {}: resources that change with time are not simulated (take it out)",
                                    file, number, found + 1,
                                    word.substr(word[0] == '<', word.size() - 1 - (word[0] == '<'))));
    }
    if (line.find("-->") != std::string::npos) comment = false;
  }
}

}  // namespace teapot

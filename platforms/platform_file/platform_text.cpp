// One pass over the characters: which of them are markup, and what that markup is called.
// Does not parse XML further: what is looked for has names that nothing else bears.

#include "platforms/platform_file/platform_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <string_view>

#include "sim/config.hpp"

namespace teapot {
namespace {

/// Names of tags, then of attributes.
constexpr std::array tags{"trace", "trace_connect", "include"};
constexpr std::array attributes{"availability_file", "state_file",    "speed_file",
                                "bandwidth_file",    "latency_file",  "bandwidth_profile",
                                "latency_profile",   "speed_profile", "state_profile"};

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == ':'; }

class Scan {
 public:
  Scan(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  void run() {
    while (at_ < text_.size()) {
      if (take("<!--")) {
        skip_past("-->");
      } else if (take("<")) {
        tag();
      } else {
        step();
      }
    }
  }

 private:
  bool take(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  void step() {
    if (text_[at_++] != '\n') return;
    ++line_;
    begin_of_line_ = at_;
  }
  void skip_past(std::string_view word) {
    while (at_ < text_.size() && !take(word)) step();
  }

  /// From behind its bracket to behind the other: names outside quotation marks are looked at.
  void tag() {
    for (bool first = true; at_ < text_.size();) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        ++at_;
        skip_past({&text_[at_ - 1], 1});
      } else if (is_name(c)) {
        name(first);
        first = false;
      } else {
        step();
        if (c == '>') return;
      }
    }
  }

  void name(bool is_tag) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    const std::string_view name = text_.substr(begin, at_ - begin);
    for (const char* word : attributes) {
      if (!is_tag && name == word) refuse(begin, word);
    }
    for (const char* word : tags) {
      if (is_tag && name == word) refuse(begin, word);
    }
  }

  [[noreturn]] void refuse(std::size_t at, std::string_view name) const {
    throw ConfigError(fmt::format(
        "{}:{}:{}: {}: {} (take it out)", file_, line_, at - begin_of_line_ + 1, name,
        name == "include" ? "other files are not followed" : "resources that change with time are not simulated"));
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  std::size_t begin_of_line_ = 0;
  int line_ = 1;
};

}  // namespace

void check_platform_text(const std::string& text, const std::string& file) {
  if (!is_text(text)) throw ConfigError(file + ": not UTF-8 text (a SimGrid platform file is XML)");
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const std::size_t begin =
      text.find_first_not_of(" \t\r\n", text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0);
  if (begin == std::string::npos) throw ConfigError(file + ": empty (a SimGrid platform file is XML)");
  // SimGrid loads a shared library as code if it is given one.
  if (text[begin] != '<' || file.ends_with(".so") || file.ends_with(".dylib"))
    throw ConfigError(file + ": not XML (a SimGrid platform file is XML)");
  Scan{text, file}.run();
}

}  // namespace teapot

// Tables for a terminal: as wide as they need, or as the terminal is.

#include "analysis/output/text_table.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace teapot;

namespace {

TextTable table() {
  TextTable t{{{"name"}, {"about"}, {"count", TextTable::Align::right}, {"cost", TextTable::Align::right}}};
  t.add({"one", "the first of several fabrics that are listed here with a description", "12", "3.5"});
  t.add({"other", "short", "1234", ""});
  return t;
}

std::size_t widest(const std::string& text) {
  std::istringstream lines{text};
  std::size_t most = 0;
  for (std::string line; std::getline(lines, line);) most = std::max(most, display_width(line));
  return most;
}

}  // namespace

TEST_CASE("text table: in a pipe it is as wide as it needs, with every column") {
  const std::string text = table().to_text("", 0);
  CHECK(widest(text) > 80);
  CHECK(text.find("description") != std::string::npos);
  CHECK(text.find("cost") != std::string::npos);
}

TEST_CASE(
    "text table: in a terminal it fits the width: long texts are wrapped, then columns are left out with a word") {
  for (const std::size_t width : {70, 60, 50}) {
    const std::string text = table().to_text("", width);
    CAPTURE(text);
    CHECK(widest(text) <= width);
    CHECK(text.find("description") != std::string::npos);
    CHECK(text.find("not shown") == std::string::npos);
  }
  TextTable numbers{{{"a", TextTable::Align::right},
                     {"bbbbbbbbbb", TextTable::Align::right},
                     {"cccccccccc", TextTable::Align::right}}};
  numbers.add({"1", "2", "3"});
  const std::string narrow = numbers.to_text("", 16);
  CHECK(narrow.find("(not shown for want of width: cccccccccc)") != std::string::npos);
  CHECK(narrow.find("bbbbbbbbbb") != std::string::npos);
}

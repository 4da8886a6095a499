// Colours: only on a terminal that wants them, and only around what matters.

#include "analysis/output/terminal.hpp"

#include <doctest/doctest.h>

#include "analysis/output/text_table.hpp"

using namespace teapot;

TEST_CASE("terminal: colours are off in a pipe, under NO_COLOR and where TERM is dumb or unknown") {
  CHECK(colours_wanted(true, nullptr, "xterm-256color"));
  CHECK(colours_wanted(true, "", "xterm"));  // no-color.org: set and not empty
  CHECK(!colours_wanted(false, nullptr, "xterm"));
  CHECK(!colours_wanted(true, "1", "xterm"));
  CHECK(!colours_wanted(true, nullptr, "dumb"));
  CHECK(!colours_wanted(true, nullptr, nullptr));
}

TEST_CASE("terminal: warnings and what binds stand out, other lines stay as they are") {
  const std::string text = "TPOT 3 ms\nwarning: look\n  memory  13 ms  binding\nbinding: memory\nslack: nic\n";
  CHECK(highlighted(text, false, 0) == text);
  CHECK(highlighted(text, true, 0) ==
        "TPOT 3 ms\n\033[33mwarning: look\033[0m\n\033[1m  memory  13 ms  binding\033[0m\n"
        "\033[1mbinding: memory\033[0m\nslack: nic\n");
}

TEST_CASE("terminal: a line wider than the terminal goes on between words, below where its last part began") {
  CHECK(highlighted("warning: one two three\n", false, 15) == "warning: one\n  two three\n");
  CHECK(highlighted("TPOT  3 ms  what it is of\n", false, 20) == "TPOT  3 ms  what it\n            is of\n");
  CHECK(highlighted("as wide as this\n", false, 15) == "as wide as this\n");
  CHECK(highlighted("  two words\n", false, 8) == "  two\n  words\n");
  CHECK(highlighted("averyveryverylongword\n", false, 8) == "averyveryverylongword\n");
  CHECK(highlighted("warning: one two\n", true, 15) == "\033[33mwarning: one\n  two\033[0m\n");
}

TEST_CASE("terminal: a table's best row is plain text where there are no colours") {
  TextTable table{{{"a"}, {"b", TextTable::Align::right}}};
  table.add({"one", "1"});
  table.add({"two", "2"}, true);
  CHECK(best("x", true) == "\033[1;32mx\033[0m");
  CHECK(table.to_text("", 0) == "a    b\n---  -\none  1\ntwo  2\n");  // tests write to a pipe
}

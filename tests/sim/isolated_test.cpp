// Work in a child process: its result, its progress, and each way it can end.

#include "sim/isolated.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "sim/config.hpp"

using namespace teapot;

TEST_CASE("isolated: the bytes come back, however many there are and whatever they are") {
  CHECK(isolated([](const Progress&) { return std::string{}; }).empty());
  std::string large(5000000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * i);
  CHECK(isolated([&](const Progress&) { return large; }) == large);
}

TEST_CASE("isolated: progress is reported in order, and nothing of the child reaches the parent's memory") {
  std::vector<double> seen;
  int touched = 0;
  const std::string result = isolated(
      [&](const Progress& report) {
        touched = 1;
        report(0.25);
        report(0.5);
        return std::string{"done"};
      },
      [&](double fraction) { seen.push_back(fraction); });
  CHECK(result == "done");
  CHECK(seen == std::vector<double>{0.25, 0.5});
  CHECK(touched == 0);
}

TEST_CASE("isolated: a user's error in the child is a user's error here, any other exception a dead child") {
  const auto config_error = [](const Progress&) -> std::string { throw ConfigError("a.yaml:1:2: b: is wrong"); };
  CHECK_THROWS_WITH_AS(isolated(config_error), "a.yaml:1:2: b: is wrong", ConfigError);
  CHECK_THROWS_WITH_AS(isolated([](const Progress&) -> std::string { throw std::runtime_error("broke"); }), "broke",
                       ChildDied);
}

TEST_CASE("isolated: a child that was killed is told from one that crashed, and one that left says its last words") {
  CHECK_THROWS_AS(isolated([](const Progress&) -> std::string {
                    raise(SIGKILL);
                    return {};
                  }),
                  ChildKilled);
  try {
    isolated([](const Progress&) -> std::string {
      std::fputs("first\nlast words\n", stderr);
      std::fflush(stderr);
      _exit(7);
    });
    FAIL("did not throw");
  } catch (const ChildDied& e) {
    CHECK(std::string{e.what()} == "ended with status 7: last words");
  }
  try {
    isolated([](const Progress&) -> std::string {
      signal(SIGSEGV, SIG_DFL);
      raise(SIGSEGV);
      return {};
    });
    FAIL("did not throw");
  } catch (const ChildKilled&) {
    FAIL("a crash is not a kill");
  } catch (const ChildDied& e) {
    CHECK(std::string{e.what()}.starts_with("killed by signal 11"));
  }
}

TEST_CASE("isolated: values and vectors cross the pipe as they are, and a cut message is noticed") {
  ByteWriter out;
  out.write(7);
  out.write(std::vector<double>{1.5, -2});
  out.write(std::string{"text"});
  const std::string bytes = out.take();
  ByteReader in{bytes};
  CHECK(in.read<int>() == 7);
  CHECK(in.read_vector<double>() == std::vector<double>{1.5, -2});
  CHECK(in.read_text() == "text");
  CHECK_THROWS_AS(in.read<int>(), ChildDied);
}

// Tables: what a run's CSV files say adds up.

#include "analysis/output/tables/tables.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "analysis/output/tables/csv.hpp"
#include "analysis/output/tables/link_tables.hpp"
#include "sim/config.hpp"
#include "sim/engine.hpp"
#include "tests/analysis/output/star.hpp"

using namespace teapot;
using namespace teapot::literals;

namespace {

/// A kernel of a different length on each rank beside a skewed exchange, and the same exchange back.
Program there_and_back(int ranks) {
  Program program;
  program.ranks = ranks;
  program.streams = {"compute", "communication"};
  std::vector<double> copies;
  for (int s = 0; s < ranks; ++s) {
    for (int d = 0; d < ranks; ++d) copies.push_back(s == d ? 0 : 1 + (5 * s + 3 * d) % 7);
  }
  Collective dispatch;
  dispatch.traffic = std::make_shared<Traffic>(from_dense(ranks, copies));
  dispatch.bytes_per_copy = 10.0_KB;
  dispatch.overhead = 2.0_us;
  Collective combine = dispatch;
  combine.reversed = true;
  combine.bytes_per_copy = 20.0_KB;
  Compute shared;
  for (int r = 0; r < ranks; ++r) shared.duration.push_back((3.0 + r) * 1.0_us);
  program.operators.push_back({"dispatch", 0, 0, 1, {}, dispatch});
  program.operators.push_back({"shared, expert", 0, 0, 0, {}, shared});
  program.operators.push_back({"combine", 0, 0, 1, {0, 1}, combine});
  return program;
}

using Row = std::map<std::string, std::string>;

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found{""};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      found.emplace_back();
    } else {
      found.back() += c;
    }
  }
  return found;
}

std::vector<Row> rows(const std::vector<NamedText>& files, const std::string& name) {
  for (const auto& file : files) {
    if (file.name != name) continue;
    std::istringstream lines{file.content};
    std::string line;
    std::getline(lines, line);
    const auto head = cells(line);
    std::vector<Row> found;
    while (std::getline(lines, line)) {
      const auto values = cells(line);
      REQUIRE(values.size() == head.size());
      Row row;
      for (std::size_t i = 0; i < head.size(); ++i) row[head[i]] = values[i];
      found.push_back(row);
    }
    return found;
  }
  FAIL("no file " << name);
  return {};
}

double number(const Row& row, const std::string& column) { return std::stod(row.at(column)); }

}  // namespace

TEST_CASE("tables: bytes of links are the bytes of the traffic matrices times their hops, exactly") {
  const Network network = testing::star(6, "nvlink", 100.0_GBps, 1.0_us);
  const Program program = there_and_back(6);
  const auto files = tables(program, testing::recorded(program, network), network);
  double on_links = 0;
  for (const auto& row : rows(files, "links.csv")) on_links += number(row, "bytes");
  double sent = 0;
  for (const auto& row : rows(files, "operators.csv")) sent += number(row, "network_bytes");
  double by_rank = 0;
  for (const auto& row : rows(files, "ranks.csv")) by_rank += number(row, "sent_bytes");
  const double copies = std::get<Collective>(program.operators[0].work).traffic->total();
  CHECK(sent == copies * (10e3 + 20e3));
  CHECK(by_rank == sent);
  CHECK(on_links == 2 * sent);  // every route has two links
}

TEST_CASE("tables: the series of a link sums to its busy time, and no part of the step is used more than fully") {
  const Network network = testing::star(6, "nvlink", 100.0_GBps, 1.0_us);
  const Program program = there_and_back(6);
  const Timeline timeline = testing::recorded(program, network);
  for (const int bins : {1, 7, 200}) {
    const auto files = tables(program, timeline, network, {}, bins);
    std::map<std::string, double> busy_us;
    for (const auto& row : rows(files, "link_series.csv")) {
      const double use = number(row, "utilisation");
      CHECK(use >= 0);
      CHECK(use <= 1 + 1e-9);
      busy_us[row.at("link")] += use * timeline.step.value * 1e6 / bins;
    }
    for (const auto& row : rows(files, "links.csv")) {
      CHECK(busy_us.at(row.at("link")) ==
            doctest::Approx(number(row, "busy_us")).epsilon(1e-5));  // six digits are kept
      CHECK(number(row, "peak_utilisation") >= number(row, "mean_utilisation") - 1e-6);
      CHECK(number(row, "mean_utilisation") ==
            doctest::Approx(number(row, "busy_us") / (timeline.step.value * 1e6)).epsilon(1e-5));
    }
    CHECK(busy_us.contains("*"));
  }
}

TEST_CASE("tables: what a rank did fills the step: computing, exposed communication and idling") {
  const Network network = testing::star(6, "nvlink", 100.0_GBps, 1.0_us);
  const Program program = there_and_back(6);
  const Timeline timeline = testing::recorded(program, network);
  for (const auto& row : rows(tables(program, timeline, network), "ranks.csv")) {
    CHECK(number(row, "computing_us") + number(row, "exposed_us") + number(row, "idle_us") ==
          doctest::Approx(timeline.step.value * 1e6).epsilon(1e-12));
    CHECK(number(row, "exposed_us") <= number(row, "communicating_us") + 1e-9);
    CHECK(number(row, "computing_us") == doctest::Approx(3.0 + number(row, "rank")).epsilon(1e-12));
  }
}

TEST_CASE("tables: the timeline holds the selected GPUs, names with commas are quoted") {
  const Network network = testing::star(6, "nvlink", 100.0_GBps, 1.0_us);
  const Program program = there_and_back(6);
  const Timeline timeline = testing::recorded(program, network);
  TraceSelection selection;
  selection.gpus = {2, 5};
  const auto timeline_rows = rows(tables(program, timeline, network, selection), "timeline.csv");
  REQUIRE(timeline_rows.size() == 2 * 3);
  for (const auto& row : timeline_rows) {
    CHECK((row.at("rank") == "2" || row.at("rank") == "5"));
    if (row.at("stream") == "compute") CHECK(row.at("operator") == "shared, expert");
  }
  CHECK(csv_text("say \"a,b\"") == "\"say \"\"a,b\"\"\"");
}

TEST_CASE("tables: a bin holds the exact part of its time in which a link was busy") {
  // Busy from 1 to 4 s and from 6 to 7 s of 8 s, in four bins of 2 s.
  CHECK(binned({{1, 4}, {6, 7}}, 8.0_s, 4) == std::vector<double>{0.5, 1, 0, 0.5});
  CHECK(binned({}, 8.0_s, 2) == std::vector<double>{0, 0});
  CHECK(binned({{7, 8}}, 8.0_s, 1) == std::vector<double>{0.125});
}

TEST_CASE("tables: a folder is made with all files and what the caller adds, or the reason is given") {
  const Network network = testing::star(3, "nvlink", 100.0_GBps, 1.0_us);
  const Program program = there_and_back(3);
  const Timeline timeline = testing::recorded(program, network);
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("teapot-tables-" + std::to_string(getpid())) / "deep";
  write_tables(folder.string(), program, timeline, network, {}, {{"summary.json", "{}"}});
  for (const char* name : {"timeline.csv", "operators.csv", "ranks.csv", "links.csv", "link_series.csv", "plot.gp",
                           "plot.py", "summary.json"}) {
    CAPTURE(name);
    CHECK(fs::file_size(folder / name) > 0);
  }
  CHECK(std::distance(fs::directory_iterator{folder}, fs::directory_iterator{}) == 8);  // no temporary file is left
  fs::remove_all(folder.parent_path());
  CHECK_THROWS_AS(write_tables("/dev/null/out", program, timeline, network), ConfigError);
}

TEST_CASE("tables: gnuplot draws plot.gp, where it is installed") {
  if (std::system("command -v gnuplot > /dev/null") != 0) {
    MESSAGE("gnuplot is not installed");
    return;
  }
  const Network network = testing::star(3, "nvlink", 100.0_GBps, 1.0_us);
  const Program program = there_and_back(3);
  namespace fs = std::filesystem;
  const fs::path folder = fs::temp_directory_path() / ("teapot-plots-" + std::to_string(getpid()));
  write_tables(folder.string(), program, testing::recorded(program, network), network);
  CHECK(std::system(("cd " + folder.string() + " && gnuplot plot.gp 2> errors").c_str()) == 0);
  CHECK(fs::file_size(folder / "errors") == 0);
  CHECK(fs::file_size(folder / "plot.svg") > 2000);
  fs::remove_all(folder);
}

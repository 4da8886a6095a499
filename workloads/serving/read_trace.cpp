// Reading traces of requests in the forms they are published in.
// Knows not who serves them.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <sstream>

#include "sim/input_file.hpp"
#include "sim/limits.hpp"
#include "workloads/serving/arrivals.hpp"

namespace teapot {
namespace {

constexpr int most_tokens = 10'000'000;  // of a prompt or an answer
constexpr int block_tokens = 512;        // of a hash_id (github.com/kvcache-ai/Mooncake, FAST25-release)

[[noreturn]] void fail(const std::string& file, int line, const std::string& what) {
  throw ConfigError(fmt::format("{}:{}: {}", file, line, what));
}

std::vector<std::string> cells(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::vector<std::string> cells;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    std::string cell = line.substr(begin, end - begin);
    const std::size_t first = cell.find_first_not_of(" \"");
    const std::size_t last = cell.find_last_not_of(" \"");
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    begin = end + 1;
  }
  return cells;
}

/// Days since 1970-01-01 (Hinnant, chrono-compatible low-level date algorithms).
std::int64_t days(std::int64_t y, std::int64_t m, std::int64_t d) {
  y -= m <= 2 ? 1 : 0;
  const std::int64_t era = y / 400;
  const std::int64_t year = y - era * 400;
  const std::int64_t day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146097 + year * 365 + year / 4 - year / 100 + day - 719468;
}

/// The date and time of day that a cell begins with; false where it is none. Widths keep each number within an int.
bool read_date(const std::string& cell, double& seconds) {
  int y = 0, mo = 0, d = 0, h = 0, mi = 0;
  double s = 0;
  if (std::sscanf(cell.c_str(), "%4d-%2d-%2d%*1[ T]%2d:%2d:%12lf", &y, &mo, &d, &h, &mi, &s) != 6) return false;
  const bool is_day = y >= 1970 && mo >= 1 && mo <= 12 && d >= 1 && d <= 31;
  if (!is_day || h < 0 || h > 23 || mi < 0 || mi > 59 || !(s >= 0 && s < 61)) return false;
  seconds = static_cast<double>(days(y, mo, d)) * 86400 + h * 3600 + mi * 60 + s;
  return true;
}

/// Seconds, or "2023-11-16 18:15:46.6805900".
double time_of(const std::string& cell, const std::string& file, int line) {
  constexpr double most = 1e12;  // in seconds; the clocks of traces count from 1970 at the earliest
  double value = 0;
  const auto parsed = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  const bool whole = parsed.ec == std::errc{} && parsed.ptr == cell.data() + cell.size();
  if (whole && std::abs(value) <= most) return value;
  if (!whole && read_date(cell, value)) return value;
  fail(file, line, "expected a time in seconds or as 2023-11-16 18:15:46.68, got " + in_quotes(cell));
}

int tokens_of(const std::string& cell, const std::string& what, const std::string& file, int line, int least = 1) {
  double value = 0;
  const auto parsed = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  const bool whole = parsed.ec == std::errc{} && parsed.ptr == cell.data() + cell.size() && value == std::floor(value);
  if (!whole || value < least || value > 1e7) {
    fail(file, line,
         fmt::format("{}: expected a whole number from {} to 10000000, got {}", what, least, in_quotes(cell)));
  }
  return static_cast<int>(value);
}

struct Columns {
  const char* time;
  const char* prompt;
  const char* output;
  bool skip_unanswered = false;  // BurstGPT keeps requests that failed, with no response
};

constexpr Columns known[] = {{"arrival_s", "prompt_tokens", "output_tokens", false},
                             {"TIMESTAMP", "ContextTokens", "GeneratedTokens", false},
                             {"Timestamp", "Request tokens", "Response tokens", true}};

std::vector<Arrival> read_csv(std::istream& stream, const std::string& first, const std::string& file) {
  const auto header = cells(first);
  const auto column = [&](const std::string& name) {
    const auto found = std::find(header.begin(), header.end(), name);
    return found == header.end() ? -1 : static_cast<int>(found - header.begin());
  };
  const auto* form = std::find_if(std::begin(known), std::end(known),
                                  [&](const Columns& c) { return column(c.time) >= 0 || column(c.prompt) >= 0; });
  if (form == std::end(known)) {
    fail(file, 1,
         "expected a header with arrival_s, prompt_tokens, output_tokens; or TIMESTAMP, ContextTokens, "
         "GeneratedTokens (Azure); or Timestamp, Request tokens, Response tokens (BurstGPT)");
  }
  for (const char* name : {form->time, form->prompt, form->output}) {
    if (column(name) < 0) fail(file, 1, fmt::format("missing column \"{}\"", name));
  }
  const int cached = column("cached_tokens");
  std::vector<Arrival> all;
  std::string line;
  for (int number = 2; std::getline(stream, line); ++number) {
    if (line.find_first_not_of(" \r") == std::string::npos) continue;
    const auto row = cells(line);
    if (row.size() < header.size()) {
      fail(file, number, fmt::format("{} cells where the header has {}", row.size(), header.size()));
    }
    const auto cell = [&](int index) { return row[static_cast<std::size_t>(index)]; };
    if (form->skip_unanswered && cell(column(form->output)) == "0") continue;
    Arrival a;
    a.at_s = time_of(cell(column(form->time)), file, number);
    a.prompt_tokens = tokens_of(cell(column(form->prompt)), form->prompt, file, number);
    a.output_tokens = tokens_of(cell(column(form->output)), form->output, file, number);
    if (cached >= 0) a.cached_tokens = tokens_of(cell(cached), "cached_tokens", file, number, 0);
    if (a.cached_tokens >= a.prompt_tokens) fail(file, number, "cached_tokens: must be below prompt_tokens");
    if (!all.empty() && a.at_s < all.back().at_s) fail(file, number, "its time is before that of the line above");
    all.push_back(a);
  }
  return all;
}

/// A block that came before is taken as cached, as far as all before it in the prompt are.
std::vector<Arrival> read_mooncake(std::istream& stream, std::string line, const std::string& file) {
  std::vector<Arrival> all;
  std::set<std::int64_t> seen;
  for (int number = 1;; ++number) {
    if (line.find_first_not_of(" \r") != std::string::npos) {
      try {
        const Config row = Config::parse(line, file);
        Arrival a;
        a.at_s = row.non_negative<double>("timestamp") / 1e3;
        a.prompt_tokens = row.positive<int>("input_length");
        a.output_tokens = row.positive<int>("output_length");
        for (const char* key : {"input_length", "output_length"})
          limits::at_most(row, key, row.get<int>(key), most_tokens);
        bool prefix = true;
        if (row.has("hash_ids")) {
          for (const Config& block : row.at("hash_ids").items()) {
            const bool known_block = !seen.insert(block.as<std::int64_t>()).second;
            prefix = prefix && known_block;
            if (prefix) a.cached_tokens += block_tokens;
          }
        }
        a.cached_tokens = std::min(a.cached_tokens, a.prompt_tokens - 1);
        if (!all.empty() && a.at_s < all.back().at_s) row.fail("its time is before that of the line above");
        all.push_back(a);
      } catch (const ConfigError& e) {
        std::string what = e.what();
        if (const auto at = what.rfind(file + ":1:", 0); at == 0) what.erase(0, what.find(": ") + 2);
        fail(file, number, what);
      }
    }
    if (!std::getline(stream, line)) return all;
  }
}

}  // namespace

std::vector<Arrival> read_trace(const std::string& file) {
  std::istringstream stream{read_input(file, most_trace_bytes)};
  std::string first;
  if (!std::getline(stream, first)) throw ConfigError(file + ": is empty");
  auto all = first.find_first_not_of(' ') != std::string::npos && first[first.find_first_not_of(' ')] == '{'
                 ? read_mooncake(stream, first, file)
                 : read_csv(stream, first, file);
  if (all.empty()) throw ConfigError(file + ": holds no request");
  const double begin = all.front().at_s;
  for (Arrival& a : all) a.at_s -= begin;
  return all;
}

}  // namespace teapot

// Finds and decodes the files.
// Does not know what nodes mean.

#include "analysis/output/chakra/trace_files.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/stubs/logging.h>
#include <google/protobuf/util/delimited_message_util.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>

#include "analysis/output/chakra/attributes.hpp"
#include "sim/config.hpp"
#include "sim/input_file.hpp"

namespace teapot::chakra {
namespace {

namespace fs = std::filesystem;

/// The number before ".et" in PREFIX.<rank>.et; -1 if the name is another.
int rank_of(const fs::path& file) {
  if (file.extension() != ".et") return -1;
  const std::string number = file.stem().extension().string();  // ".12"
  int rank = -1;
  const auto [end, error] =
      std::from_chars(number.data() + std::min<std::size_t>(1, number.size()), number.data() + number.size(), rank);
  return error == std::errc{} && end == number.data() + number.size() && rank >= 0 ? rank : -1;
}

RankTrace read_trace(const std::string& file) {
  const std::string content = read_input(file, most_trace_bytes);
  google::protobuf::SetLogHandler(nullptr);  // or it would say on stderr, too, what is wrong with the file
  google::protobuf::io::ArrayInputStream stream{content.data(), static_cast<int>(content.size())};
  RankTrace trace;
  trace.file = file;
  bool end = false;
  using google::protobuf::util::ParseDelimitedFromZeroCopyStream;
  if (!ParseDelimitedFromZeroCopyStream(&trace.head, &stream, &end)) {
    throw ConfigError(file + ": not a Chakra trace (expected length-delimited messages, the first GlobalMetadata)");
  }
  for (;;) {
    Node node;
    if (ParseDelimitedFromZeroCopyStream(&node, &stream, &end)) {
      for (const Attribute& a : node.attributes()) {
        if (!std::isfinite(number(a).value_or(0)))
          throw ConfigError(
              fmt::format("{}: node {}: {} is no finite number", file, node.id(), one_line(a.name(), 80)));
      }
      trace.nodes.push_back(std::move(node));
      continue;
    }
    if (end) return trace;
    throw ConfigError(fmt::format("{}: cut short or damaged after {} nodes", file, trace.nodes.size()));
  }
}

}  // namespace

std::vector<RankTrace> read_traces(const std::string& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) throw ConfigError(folder + ": no such folder");
  std::map<int, std::string> files;
  for (const auto& entry : fs::directory_iterator{folder, error}) {
    const int rank = rank_of(entry.path());
    if (rank < 0) continue;
    const auto [known, is_new] = files.emplace(rank, entry.path().string());
    if (!is_new) {
      const std::string other = entry.path().string();
      const auto [first, second] = std::minmax(known->second, other);
      throw ConfigError(fmt::format("{}: {} and {} are both of rank {}", folder, first, second, rank));
    }
  }
  if (files.empty()) throw ConfigError(folder + ": no Chakra traces (expected files named PREFIX.<rank>.et)");
  std::vector<RankTrace> traces;
  for (const auto& [rank, file] : files) {
    if (rank != static_cast<int>(traces.size())) {
      throw ConfigError(fmt::format("{}: no trace of rank {}, but of rank {}", folder, traces.size(), rank));
    }
    traces.push_back(read_trace(file));
  }
  return traces;
}

}  // namespace teapot::chakra

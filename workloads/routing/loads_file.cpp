// Loads of experts from files: a CSV, or a Protobuf trace.
// Knows neither GPUs nor bytes.

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "sim/input_file.hpp"
#include "workloads/expert_trace.pb.h"
#include "workloads/routing/loads.hpp"

namespace teapot {
namespace {

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::stringstream stream{line};
  for (std::string cell; std::getline(stream, cell, ',');) {
    cell.erase(std::remove_if(cell.begin(), cell.end(), [](unsigned char c) { return std::isspace(c); }), cell.end());
    cells.push_back(cell);
  }
  return cells;
}

struct LoadRow {
  int layer = 0;
  int expert = 0;
  double load = 0;
};

LoadRow read_row(const std::vector<std::string>& cells, bool with_layer, int experts, const std::string& place) {
  const std::size_t columns = with_layer ? 3 : 2;
  if (cells.size() != columns) throw ConfigError(fmt::format("{}: expected {} columns", place, columns));
  std::vector<double> numbers;
  for (const auto& cell : cells) {
    char* end = nullptr;
    numbers.push_back(std::strtod(cell.c_str(), &end));
    const bool whole = !cell.empty() && *end == '\0';
    if (!whole || !std::isfinite(numbers.back()) || numbers.back() < 0) {
      throw ConfigError(fmt::format("{}: expected a number of at least 0, got {}", place, in_quotes(cell)));
    }
  }
  const double expert = numbers[columns - 2];
  const double layer = with_layer ? numbers[0] : 0;
  if (expert >= experts || expert != std::floor(expert)) {
    throw ConfigError(fmt::format("{}: expert {} is not one of 0 to {}", place, cells[columns - 2], experts - 1));
  }
  if (layer > 100000 || layer != std::floor(layer)) throw ConfigError(place + ": no such layer: " + cells[0]);
  return {static_cast<int>(layer), static_cast<int>(expert), numbers.back()};
}

}  // namespace

std::map<int, std::vector<double>> read_expert_loads(const std::string& file, int experts) {
  std::istringstream stream{read_input(file, most_table_bytes)};
  std::string line;
  std::getline(stream, line);
  const auto header = cells_of(line);
  const bool with_layer = header == std::vector<std::string>{"layer", "expert", "load"};
  if (!with_layer && header != std::vector<std::string>{"expert", "load"}) {
    throw ConfigError(file + ":1: expected a header of expert,load or layer,expert,load");
  }
  std::map<int, std::vector<double>> layers;
  for (int number = 2; std::getline(stream, line); ++number) {
    if (cells_of(line).empty()) continue;
    const LoadRow row = read_row(cells_of(line), with_layer, experts, fmt::format("{}:{}", file, number));
    auto& loads = layers[row.layer];
    loads.resize(static_cast<std::size_t>(experts));
    loads[static_cast<std::size_t>(row.expert)] = row.load;
  }
  for (const auto& [layer, loads] : layers) {
    if (std::all_of(loads.begin(), loads.end(), [](double load) { return load == 0; })) {
      throw ConfigError(fmt::format("{}: all loads of layer {} are zero", file, layer));
    }
  }
  if (layers.empty()) throw ConfigError(file + ": holds no load");
  return layers;
}

ExpertTrace read_expert_trace(const std::string& file) {
  google::protobuf::SetLogHandler(nullptr);  // or it would say on stderr, too, what is wrong with the file
  trace::ExpertChoices message;
  if (!message.ParseFromString(read_input(file, most_trace_bytes)))
    throw ConfigError(file + ": is not a trace of expert choices (Protobuf)");
  ExpertTrace result;
  result.experts = static_cast<int>(message.experts());
  result.top_k = static_cast<int>(message.top_k());
  if (message.experts() == 0 || message.experts() > std::numeric_limits<std::uint16_t>::max() || message.top_k() == 0 ||
      message.top_k() > message.experts() || message.layers().empty()) {
    throw ConfigError(file + ": needs experts, top_k (at most experts) and at least one layer");
  }
  for (const auto& layer : message.layers()) {
    const auto choices = static_cast<std::uint32_t>(layer.expert_size());
    if (choices == 0 || choices % message.top_k() != 0) {
      throw ConfigError(fmt::format("{}: layer {} has {} choices, not a multiple of top_k {}", file, layer.layer(),
                                    choices, message.top_k()));
    }
    auto& experts = result.layers[static_cast<int>(layer.layer())];
    experts.clear();
    for (const auto expert : layer.expert()) {
      if (expert >= message.experts()) {
        throw ConfigError(
            fmt::format("{}: layer {} chooses expert {} of {}", file, layer.layer(), expert, message.experts()));
      }
      experts.push_back(static_cast<std::uint16_t>(expert));
    }
  }
  return result;
}

std::string to_bytes(const ExpertTrace& trace) {
  trace::ExpertChoices message;
  message.set_experts(static_cast<std::uint32_t>(trace.experts));
  message.set_top_k(static_cast<std::uint32_t>(trace.top_k));
  for (const auto& [number, experts] : trace.layers) {
    auto* layer = message.add_layers();
    layer->set_layer(static_cast<std::uint32_t>(number));
    for (const auto expert : experts) layer->add_expert(expert);
  }
  return message.SerializeAsString();
}

}  // namespace teapot

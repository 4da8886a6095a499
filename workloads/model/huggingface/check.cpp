// Figures against what stands beside them: the model's name, and the size of its weight files.
// Knows no key of a config.json.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <regex>

#include "workloads/model/huggingface/parts.hpp"

namespace teapot {
namespace {

struct NameSays {
  std::optional<double> total;   ///< in billions
  std::optional<double> active;  ///< in billions
  double total_digit = 1;        ///< value of the last digit written
  double active_digit = 1;
  int experts = 0;  ///< "8x7B": so many, each with a dense model's worth of what is not shared
};

double last_digit(const std::string& number) {
  const std::size_t dot = number.find('.');
  return dot == std::string::npos ? 1 : std::pow(10, -static_cast<double>(number.size() - dot - 1));
}

NameSays name_says(const std::string& name) {
  NameSays says;
  std::smatch m;
  static const std::regex crossed{"(^|[-_/. ])(\\d+)x(\\d+(?:\\.\\d+)?)[bB](?![a-zA-Z0-9])"};
  static const std::regex active{"[-_]A(\\d+(?:\\.\\d+)?)[bB](?![a-zA-Z0-9])"};
  static const std::regex total{"(?:^|[-_/ ]|[^0-9][.])(\\d+(?:\\.\\d+)?)([bBtTmM])(?![a-zA-Z0-9])"};
  static const std::regex by_expert{"(\\d+(?:\\.\\d+)?)[bB]-(\\d+)[eE](?![a-zA-Z0-9])"};  // Llama-4: active, experts
  if (std::regex_search(name, m, active)) {
    says.active = std::stod(m[1]);
    says.active_digit = last_digit(m[1]);
  }
  if (std::regex_search(name, m, by_expert)) {
    says.active = std::stod(m[1]);
    return says;
  }
  if (std::regex_search(name, m, crossed)) {
    says.experts = std::stoi(m[2].str().substr(0, 4));
    says.total = says.experts * std::stod(m[3]);
    says.total_digit = last_digit(m[3]);
    return says;
  }
  for (auto at = std::sregex_iterator{name.begin(), name.end(), total}; at != std::sregex_iterator{}; ++at) {
    const char unit = static_cast<char>(std::tolower(static_cast<unsigned char>((*at)[2].str()[0])));
    const double scale = unit == 't' ? 1000 : unit == 'm' ? 1e-3 : 1;
    const double size = std::stod((*at)[1]) * scale;
    if (says.total && *says.total >= size) continue;  // "1B-7B": the larger is the whole
    says.total = size;
    says.total_digit = last_digit((*at)[1]) * scale;
  }
  return says;
}

/// Within a tenth, or within the rounding of what is written.
bool near(double counted, double said, double digit) {
  return std::abs(counted - said) <= std::max(0.1 * said, 0.6 * digit);
}

}  // namespace

void check_against_name(const Model& m, const std::string& name, const Keys& keys) {
  const NameSays says = name_says(name);
  const double all = parameters(m) / 1e9;
  const double with_encoder = all + m.encoder_parameters / 1e9;
  const double vocabulary = parameter_parts(m).vocabulary / 1e9;
  if (says.total && says.experts > 0) {
    // Attention and embedding are there once, so 8x7B holds less than 56 billion and more than half of it.
    if (all > 1.05 * *says.total || all < 0.5 * *says.total)
      keys.warn("name", fmt::format("{:.1f} B parameters counted, but \"{}\" says about {:.0f} B at most", all, name,
                                    *says.total));
  } else if (says.total && !near(all, *says.total, says.total_digit) &&
             !near(with_encoder, *says.total, says.total_digit) &&
             !near(all - vocabulary, *says.total, says.total_digit) &&
             !near(all + mtp_parameters(m) / 1e9, *says.total, says.total_digit)) {
    keys.warn("name", fmt::format("{:.2f} B parameters counted, but \"{}\" says {:.4g} B", all, name, *says.total));
  }
  if (!says.active) return;
  const double most = active_parameters_with_embedding(m) / 1e9;
  const double least = most - vocabulary;  // some count neither embedding nor head
  if (most < 0.9 * *says.active - 0.6 * says.active_digit || least > 1.1 * *says.active + 0.6 * says.active_digit)
    keys.warn("name", fmt::format("{:.2f} B active parameters counted, but \"{}\" says {:.4g} B",
                                  active_parameters(m) / 1e9, name, *says.active));
}

void check_against_index(const Model& m, const std::string& file, const Keys& keys) {
  const auto beside = std::filesystem::path{file}.parent_path() / "model.safetensors.index.json";
  std::error_code error;
  if (!std::filesystem::exists(beside, error)) return;
  Tree index = load_yaml(beside.string());
  const Tree* metadata = index.find("metadata");
  const Tree* size = metadata != nullptr ? metadata->find("total_size") : nullptr;
  if (size == nullptr || size->kind != Tree::Kind::scalar) return;
  double said = 0;
  try {
    said = std::stod(size->text);
  } catch (const std::exception&) {
    return;
  }
  if (said <= 0) return;
  const double main = weights_bytes(m).value;
  const double most = main + (2 * m.encoder_parameters + mtp_parameters(m) * main / parameters(m));
  if (said < 0.9 * main || said > 1.1 * most)
    keys.warn("model.safetensors.index.json",
              fmt::format("says {:.4g} GB of weights, {:.4g} GB counted", said / 1e9, main / 1e9));
}

}  // namespace teapot

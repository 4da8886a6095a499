// Reading the list, and the page as Markdown.
// Knows no deployment and no time.

#include "analysis/facts/model_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <sstream>

#include "analysis/facts/model_facts.hpp"

namespace teapot {
namespace {

/// "12 x 2 x 2 x 256 x 2 + 48 x 132": a sum of products.
double evaluate(const Config& formula) {
  double sum = 0;
  std::stringstream terms{formula.as<std::string>()};
  for (std::string term; std::getline(terms, term, '+');) {
    double product = 1;
    std::stringstream factors{term};
    for (std::string factor; std::getline(factors, factor, 'x');) {
      try {
        product *= std::stod(factor);
      } catch (const std::exception&) {
        formula.fail("expected a sum of products such as 12 x 2 x 256");
      }
    }
    sum += product;
  }
  return sum;
}

PublishedModel read_entry(const Config& config, const std::string& name, const std::filesystem::path& folder) {
  PublishedModel p;
  p.name = name;
  p.family = config.get<std::string>("family");
  p.source = config.get<std::string>("source");
  p.total = config.positive<double>("total");
  p.active = config.has("active") ? config.positive<double>("active") : 0;
  p.digit = config.has("digit") ? config.positive<double>("digit") : 0;
  p.counts = config.choice_or("counts", {"embedding+head", "head", "neither"}, "embedding+head");
  p.kv_per_token = config.has("kv") ? evaluate(config.at("kv")) : -1;
  p.model = read_model(Config::load((folder / (name + ".json")).string()));
  return p;
}

std::string kinds(const Model& model) { return attention_names(model); }

std::string state(const Model& model) {
  const Bytes bytes = state_bytes_per_request(model);
  return bytes > Bytes{} ? fmt::format("{:.1f}", bytes.value / 1e6) : "";
}

std::string row(const PublishedModel& p) {
  const Model& m = p.model;
  return fmt::format(
      "| {} | {} | {} | {:.2f} | {:g} | {} | {} | {} | {:.0f} | {} | {:.1f} | {} | {} |\n", p.name, p.family, kinds(m),
      parameters(m) / 1e9, p.total, p.active > 0 ? fmt::format("{:.2f}", p.counted_active()) : "",
      p.active > 0 ? fmt::format("{:g}", p.active) : "", p.active > 0 ? p.counts : "",
      kv_bytes_per_token(m, format("bf16")).value, state(m), weights_bytes(m).value / 1e9, m.weights.name, p.source);
}

}  // namespace

double PublishedModel::counted_active() const {
  const double all = active_parameters_with_embedding(model);
  if (counts == "head") return multiplied_parameters(model) / 1e9;
  return (counts == "neither" ? all - parameter_parts(model).vocabulary : all) / 1e9;
}

std::vector<PublishedModel> read_published(const std::string& file) {
  const Config list = Config::load(file);
  std::vector<PublishedModel> models;
  for (const std::string& name : list.keys())
    models.push_back(read_entry(list.at(name), name, std::filesystem::path{file}.parent_path()));
  return models;
}

std::string model_page(const std::vector<PublishedModel>& models) {
  std::set<std::string> families;
  for (const PublishedModel& p : models) families.insert(p.family);
  std::string page = fmt::format(
      "# Models that are read right\n\n"
      "{} models of {} families: what `./teapot model show` counts from each config.json beside what its authors "
      "publish.\n"
      "Made by `./teapot model page`; a test keeps it current. Parameters in 10^9, without norms, biases, encoders "
      "and\n"
      "prediction modules. Active ones as the authors of each count: input embedding and head, head, or neither\n"
      "(`active_parameters` of any config.json counts the head and not the embedding, a look-up). KV: bytes a token "
      "takes\n"
      "in BF16, windows not yet full; state: MB of a request. Weights in GB, in the format of most of them.\n\n"
      "| model | family | mixers | parameters | published | active | published | counting | KV | state | weights | "
      "format | source |\n"
      "|---|---|---|---:|---:|---:|---:|---|---:|---:|---:|---|---|\n",
      models.size(), families.size());
  for (const PublishedModel& p : models) page += row(p);
  return page;
}

}  // namespace teapot

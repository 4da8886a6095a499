// Writes the reference of keys as a JSON schema.
// Knows no key.

#include <nlohmann/json.hpp>

#include "analysis/facts/key_reference.hpp"
#include "sim/catalogue.hpp"

namespace teapot {
namespace {

using Json = nlohmann::ordered_json;
using Entries = KeyRecord::Entries;

constexpr const char* number = "^ *[-+]?[0-9.]+([eE][-+]?[0-9]+)? *";

Json quantity(const char* units) { return {{"type", "string"}, {"pattern", std::string{number} + units + " *$"}}; }

Json with_range(Json schema, const std::string& type) {
  if (type.ends_with("above zero")) schema["exclusiveMinimum"] = 0;
  if (type.ends_with("not below zero")) schema["minimum"] = 0;
  if (type.ends_with("from 0 to 1")) schema.update({{"minimum", 0}, {"maximum", 1}});
  return schema;
}

Json scalar(const std::string& type, const KeyEntry& entry) {
  if (type.starts_with("integer")) return with_range({{"type", "integer"}}, type);
  if (type.starts_with("number")) return with_range({{"type", "number"}}, type);
  if (type == "true or false") return {{"type", "boolean"}};
  if (type.starts_with("time")) return quantity("(ps|ns|us|ms|s)");
  if (type.starts_with("bytes")) return quantity("[KMGT]?i?B");
  if (type.starts_with("bandwidth")) return quantity("([KMGT]?i?B/s|[KMGT]?bps)");
  if (type.starts_with("FLOP/s")) return quantity("[KMGTP]?FLOPS");
  if (type.starts_with("FLOPs")) return quantity("[KMGTP]?FLOP");
  if (!entry.words.empty()) return {{"enum", entry.words}};
  return {{"type", Json::array({"string", "number", "boolean"})}};
}

Json schema_of(const Entries& known, const std::string& path);

Json mapping(const Entries& known, const std::string& path) {
  Json properties = Json::object();
  Json schema{{"type", "object"}, {"additionalProperties", false}};
  for (const auto& [key, entry] : known) {
    if (key.size() <= path.size() || !key.starts_with(path.empty() ? "" : path + '.')) continue;
    const std::string rest = key.substr(path.empty() ? 0 : path.size() + 1);
    const std::string name = rest.substr(0, rest.find_first_of(".["));
    const std::string child = path.empty() ? name : path + '.' + name;
    if (name == "*") {
      schema["additionalProperties"] = schema_of(known, child);
    } else if (!properties.contains(name)) {
      properties[name] = schema_of(known, child);
    }
  }
  schema["properties"] = properties;
  return schema;
}

/// Names of the project's own files, and anything that looks like a path.
Json named(const KeyEntry& entry) {
  std::vector<std::string> names = names_in(entry.folder);
  names.insert(names.end(), entry.words.begin(), entry.words.end());
  return Json::array({{{"enum", names}}, {{"type", "string"}, {"pattern", "/|\\.ya?ml$|\\.json$"}}});
}

Json schema_of(const Entries& known, const std::string& path) {
  const auto found = known.find(path);
  const KeyEntry entry = found != known.end() ? found->second : KeyEntry{};
  Json choices = Json::array();
  if (!entry.folder.empty()) {
    choices = named(entry);
  } else {
    for (const auto& type : entry.types) {
      if (type != "mapping" && type != "list") choices.push_back(scalar(type, entry));
    }
  }
  const std::string item = path + "[]";
  const auto below = [&](const std::string& prefix) {
    const auto next = known.lower_bound(prefix);
    return next != known.end() && next->first.starts_with(prefix);
  };
  if (entry.types.count("list") > 0 || below(item)) {
    Json list{{"type", "array"}};
    if (below(item)) list["items"] = schema_of(known, item);
    choices.push_back(list);
  }
  if (below(path + '.')) choices.push_back(mapping(known, path));
  Json schema = choices.size() == 1 ? choices[0] : choices.empty() ? Json::object() : Json{{"anyOf", choices}};
  const std::string fallback = default_text(entry);
  std::string about = entry.meaning;
  if (!fallback.empty()) about += (about.empty() ? "Default: " : ". Default: ") + fallback;
  if (!about.empty()) schema["description"] = about;
  return schema;
}

}  // namespace

std::string keys_schema(const KeyRecord::Entries& known) {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "teapot scenario"}};
  schema.update(mapping(known, ""));
  return schema.dump(1) + '\n';
}

}  // namespace teapot

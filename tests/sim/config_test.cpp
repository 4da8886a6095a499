// Config: every complaint says where and what.

#include <doctest/doctest.h>

#include "sim/catalogue.hpp"
#include "sim/config.hpp"
#include "sim/yaml_text.hpp"

using namespace teapot;

namespace {

void read_link(const Config& config) {
  const Config link = config.at("link");
  link.positive<BytesPerSecond>("bandwidth");
  link.non_negative_or<Seconds>("latency", {});
  config.get_or<int>("nodes", 1);
  config.choice_or("routing", {"static", "spray"}, "static");
  config.fraction_or("share", 0.5);
  config.reject_unread_keys();
}

}  // namespace

TEST_CASE("config: each kind of mistake is one line with file, line, column, key and what is allowed") {
  struct Case {
    const char* yaml;
    const char* message;
  };
  const Case cases[] = {
      {"nodes: 1\n", "f.yaml:1:1: missing key \"link\""},
      {"link: {bandwidth: 400}\n",
       "f.yaml:1:19: link.bandwidth: expected a bandwidth with its unit (TB/s, GB/s, MB/s, KB/s, B/s, Tbps, Gbps, "
       "Mbps, GiB/s), got \"400\""},
      {"link:\n  bandwidth: -4 GB/s\n", "f.yaml:2:14: link.bandwidth: must be above zero, got -4 GB/s"},
      {"link: {bandwidth: 4 GB/s}\nlink: 3\n", "f.yaml:2:1: link: duplicate key"},
      {"link: {bandwidth: 4 GB/s, latensy: 1 us}\n",
       "f.yaml:1:27: link: unknown key \"latensy\" (did you mean \"latency\"? known: bandwidth, latency)"},
      {"link: {bandwidth: 4 GB/s}\nnodes: 010\n", "f.yaml:2:8: nodes: expected an integer, got \"010\" (write 10)"},
      {"link: {bandwidth: 4 GB/s}\nnodes: 2k\n",
       "f.yaml:2:8: nodes: expected an integer, got \"2k\" (write 2000, or 2048)"},
      {"link: {bandwidth: 4 GB/s}\nnodes: 16.0\n", "f.yaml:2:8: nodes: expected an integer, got \"16.0\" (write 16)"},
      {"link: {bandwidth: 4 GB/s}\nnodes: 1.5\n", "f.yaml:2:8: nodes: expected an integer, got \"1.5\""},
      {"link: {bandwidth: 4 GB/s}\nnodes: 1e3\n", "f.yaml:2:8: nodes: expected an integer, got \"1e3\" (write 1000)"},
      {"link: {bandwidth: 4 GB/s}\nnodes: 4,096\n",
       "f.yaml:2:8: nodes: expected an integer, got \"4,096\" (write 4096)"},
      {"link: {bandwidth: 4 GB/s}\nnodes: 4 Gbps\n", "f.yaml:2:8: nodes: expected an integer, got \"4 Gbps\""},
      {"link: {bandwidth: 4 GB/s}\nshare: 85%\n", "f.yaml:2:8: share: expected a number, got \"85%\" (write 0.85)"},
      {"link: {bandwidth: 4 GB/s}\nnodes: many\n", "f.yaml:2:8: nodes: expected an integer, got \"many\""},
      {"link: {bandwidth: 4 GB/s}\nrouting: sprya\n",
       "f.yaml:2:10: routing: unknown word \"sprya\" (did you mean \"spray\"? known: static, spray)"},
      {"link: {bandwidth: 4 GB/s}\nshare: 1.5\n", "f.yaml:2:8: share: must be between 0 and 1, got 1.5"},
      {"link: [1, 2]\n", "f.yaml:1:7: link: expected a mapping such as {bandwidth: ...}, got a list"},
      {"link: 3\n", "f.yaml:1:7: link: expected a mapping such as {bandwidth: ...}, got \"3\""},
      {"a: [1\n", "f.yaml:2:1: end of sequence flow not found"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.yaml);
    CHECK_THROWS_WITH_AS(read_link(Config::parse(c.yaml, "f.yaml")), c.message, ConfigError);
  }
}

TEST_CASE("config: an overlay merges mappings, replaces the rest, and keeps the places of both") {
  const Tree base = parse_yaml("a: {x: 1, y: 2}\nb: [1, 2]\n", "base");
  const Tree changes = parse_yaml("a: {y: 3}\nb: [4]\n", "changes");
  const Config merged{overlay(base, changes)};
  CHECK(merged.at("a").get<int>("x") == 1);
  CHECK(merged.at("a").get<int>("y") == 3);
  CHECK(merged.at("b").items().size() == 1);
  CHECK_THROWS_WITH(merged.at("a").at("x").fail("no"), "base:1:8: a.x: no");
  CHECK_THROWS_WITH(merged.at("a").at("y").fail("no"), "changes:1:8: a.y: no");
}

TEST_CASE("config: setting a path below a name keeps the name as what it is derived from") {
  Tree tree = parse_yaml("fabric: h800-mpft\n", "s.yaml");
  set_path(tree, "fabric.planes", parse_yaml("4", "--set"));
  CHECK(Config{tree}.at("fabric").get<std::string>("from") == "h800-mpft");
  CHECK(Config{tree}.at("fabric").get<int>("planes") == 4);
  CHECK(to_yaml(tree) == "fabric:\n  from: h800-mpft\n  planes: 4\n");
}

TEST_CASE("config: only true and false are booleans, and numbers must be finite") {
  const Config config = Config::parse("a: on\nb: .inf\nc: 1e400\nd: true\n");
  CHECK_THROWS_AS(config.get<bool>("a"), ConfigError);
  CHECK_THROWS_AS(config.get<double>("b"), ConfigError);
  CHECK_THROWS_AS(config.get<double>("c"), ConfigError);
  CHECK(config.get<bool>("d"));
}

TEST_CASE("catalogue: an unknown name is refused with the nearest one") {
  const Config config = Config::parse("model: nosuch\n", "s.yaml");
  CHECK_THROWS_AS(resolve_named(config.at("model"), "workloads/models", "model"), ConfigError);
  const Config hub = Config::parse("model: meta-llama/Llama-3.1-8B\n", "s.yaml");
  CHECK_THROWS_WITH_AS(resolve_named(hub.at("model"), "workloads/models", "model"),
                       doctest::Contains("did you mean \"llama-3.1-8b\"?"), ConfigError);
}

TEST_CASE("names: where the written one begins several, all of them are offered") {
  const std::vector<std::string> known{"llama-2-7b", "llama-3.1-70b", "llama-3.1-8b", "mistral-7b"};
  CHECK(unknown_name("model", "llama3", known).find("did you mean one of llama-3.1-70b, llama-3.1-8b? known") !=
        std::string::npos);
  CHECK(unknown_name("model", "mistral", known).find("did you mean \"mistral-7b\"?") != std::string::npos);
  CHECK(unknown_name("model", "gemma", known).find("did you mean") == std::string::npos);
}

TEST_CASE("names: the nearest is found whatever its case and whatever comes behind it") {
  const std::vector<std::string> known{"a100", "h100", "h100-nvl", "fp8", "fp8-block", "vllm", "llama-3.1-8b"};
  CHECK(nearest("H100", known) == "h100");
  CHECK(nearest("h100-sxm", known) == "h100");
  CHECK(nearest("H100 NVL", known) == "h100-nvl");
  CHECK(nearest("FP8", known) == "fp8");
  CHECK(nearest("fp8_e4m3", known) == "fp8");
  CHECK(nearest("fp8_block", known) == "fp8-block");
  CHECK(nearest("vLLM", known) == "vllm");
  CHECK(nearest("Llama-3.1-8B-Instruct", known) == "llama-3.1-8b");
  CHECK(nearest("something else", known).empty());
}

TEST_CASE("config: a recording one writes down type, range, default, meaning and words of every key it is asked for") {
  const auto record = std::make_shared<KeyRecord>();
  const Config config = Config::recording(parse_yaml("link: {bandwidth: 4 GB/s}\n", "f.yaml"), record);
  const Config link = config.section("link", {"A link"});
  link.positive<BytesPerSecond>("bandwidth", {"Line rate", "400 Gbps", "", "bw speed"});
  config.section("absent").non_negative_or<Seconds>("latency", Seconds{2e-6}, {.meaning = "Of a hop"});
  config.choice_or("routing", {"static", "spray"}, "static");
  const auto& entries = record->entries();
  REQUIRE(entries.count("link.bandwidth") == 1);
  CHECK(entries.at("link").meaning == "A link");
  const KeyEntry& bandwidth = entries.at("link.bandwidth");
  CHECK(bandwidth.types == std::set<std::string>{"bandwidth above zero"});
  CHECK(bandwidth.required);
  CHECK(bandwidth.aliases == std::vector<std::string>{"bw", "speed"});
  const KeyEntry& latency = entries.at("absent.latency");
  CHECK(latency.fallbacks == std::set<std::string>{"2 us"});
  CHECK(latency.types == std::set<std::string>{"time not below zero"});
  CHECK(entries.at("routing").words == std::vector<std::string>{"static", "spray"});
}

TEST_CASE("config: a document that is written reads the same, whatever its values are") {
  for (const char* text : {"a: \"x\\r\"", "a: \"--- x\"", "a: \"...\"", "a: \"null\"", "a: \"\\tx\"", "a: \"[b\"",
                           "a: \"# b\"", "a: \"b: c\"", "a: ~", "a: []", "a: {}", "a: \"\"", "? \"k: e\"\n: \"-\"",
                           "a: \"\\u00e9\\U0001f600\"", "--- \"---\"", "\"--- k\": 1", "\"...\": 1"}) {
    CAPTURE(text);
    const Tree tree = parse_yaml(text, "once.yaml");
    const std::string written = to_yaml(tree);
    const Tree again = parse_yaml(written, "again.yaml");
    CHECK(to_yaml(again) == written);
    if (tree.kind == Tree::Kind::mapping) {
      CHECK(again.entries.at(0).value.text == tree.entries.at(0).value.text);
      CHECK(again.entries.at(0).value.kind == tree.entries.at(0).value.kind);
    }
  }
}

TEST_CASE("config: every short text is written as the YAML library writes it, and reads the same") {
  const std::string letters = "a -?:#,[{&*!|>'\"%@`\\~.\n";
  std::vector<std::string> texts{""};
  for (std::size_t from = 0, length = 1; length <= 3; ++length) {
    const std::size_t until = texts.size();
    for (; from < until; ++from)
      for (const char letter : letters) texts.push_back(texts[from] + letter);
  }
  for (const char* text : {"null", "Null", "NULL", "nulls", "true", "--- a", "a: b", "a #b", "a#b: c", "\xc3\xa9"})
    texts.emplace_back(text);
  std::vector<std::string> wrong;
  for (const auto& text : texts) {
    Tree tree;
    tree.kind = Tree::Kind::mapping;
    tree.entries.push_back({text, {}, {}});
    Tree& value = tree.entries.back().value;
    value.kind = Tree::Kind::scalar;
    value.text = text;
    const std::string written = to_yaml(tree);
    const Tree again = parse_yaml(written, "again.yaml");
    if (written != library_yaml(tree) + '\n' || to_yaml(value) != library_yaml(text) + '\n' ||
        again.entries.at(0).key != text || again.entries.at(0).value.text != text)
      wrong.push_back(text);
  }
  CHECK(wrong == std::vector<std::string>{});
}

TEST_CASE("config: nested and empty values are written as the YAML library writes them") {
  for (const char* text :
       {"{}", "[]", "~", "a: {}", "a: []", "a: ~", "[{}, [], ~, x]", "[[[a]], {b: [c, {d: e}], f: {g: {}}}, [[], {}]]",
        "a: {b: {c: [d, [e], {f: g, h: [i]}]}}\nj: [[k, l], [m]]", "{a: [{}, {b: {}}, {c: []}, {d: ~}]}"}) {
    CAPTURE(text);
    const Tree tree = parse_yaml(text, "t.yaml");
    CHECK(to_yaml(tree) == library_yaml(tree) + '\n');
  }
  const Tree key = parse_yaml("{? " + std::string(2000, 'k') + ": [a], b: " + std::string(2000, 'v') + "}", "t.yaml");
  CHECK(to_yaml(key) == library_yaml(key) + '\n');
}

TEST_CASE("config: lines end in CR LF or CR as they do in LF, within long plain values, too") {
  const std::string lines = "a: one two\n  three\n  four\nb: |\n  x\n  y\nc: 'p\n  q'\n";
  const std::string expected = to_yaml(parse_yaml(lines, "lf.yaml"));
  CHECK(parse_yaml(lines, "lf.yaml").entries.at(0).value.text == "one two three four");
  for (const char* end : {"\r\n", "\r"}) {
    std::string text;
    for (const char c : lines) text += c == '\n' ? std::string{end} : std::string{c};
    CHECK(to_yaml(parse_yaml(text, "cr.yaml")) == expected);
  }
  // The place of a mistake is that of its line.
  CHECK_THROWS_WITH_AS(parse_yaml("a: 1\rb: 2\r\nb: 3\r", "cr.yaml"), doctest::Contains("cr.yaml:3:1"), ConfigError);
}

// ./teapot keys: the reference of every key of a scenario.
// Knows no key.

#include <fmt/format.h>

#include <memory>

#include "analysis/commands/command_line.hpp"
#include "analysis/facts/key_reference.hpp"
#include "analysis/output/terminal.hpp"
#include "analysis/scenario/known_keys.hpp"

namespace teapot::keys_command {
namespace {

struct Options {
  std::string path;
  bool schema = false;
  bool markdown = false;
};

void execute(const Options& options) {
  const auto known = known_keys();
  if (options.schema) return fmt::print("{}", keys_schema(known));
  if (options.markdown) return fmt::print("{}", keys_markdown(known));
  fmt::print("{}", highlighted(keys_text(known, options.path)));
}

void declare(Command command) {
  auto options = std::make_shared<Options>();
  command.option("path", options->path, "A key, or a section with all below it (all)").type_name("PATH");
  command.flag("--schema", options->schema, "Print a JSON schema, for editors");
  command.flag("--markdown", options->markdown, "Print docs/keys.md");
  command.footer(
      "Examples:\n"
      "  ./teapot keys deployment\n"
      "  ./teapot keys fabric.radix\n"
      "  ./teapot keys --schema > scenario.schema.json   # yaml-language-server: $schema=scenario.schema.json");
  command.run([options] { execute(*options); });
}

const CommandRegistration registration{25, "keys", "Every key of a scenario: what it takes, its default, what it means",
                                       declare};

}  // namespace
}  // namespace teapot::keys_command

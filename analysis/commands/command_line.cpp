// The only file that includes CLI11: the commands' words turned into its calls.
// Knows no command's options.

#include "analysis/commands/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "analysis/version.hpp"
#include "sim/config.hpp"

namespace teapot {
namespace {

struct Registered {
  int place;
  std::string name;
  std::string what;
  void (*declare)(Command);
};

std::vector<Registered>& registered() {
  static std::vector<Registered> commands;
  return commands;
}

/// A word where a command is due that is none: CLI11 would only say that one is required.
void require_known_command(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return;
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  if (std::find(known.begin(), known.end(), argv[1]) == known.end()) {
    throw ConfigError(unknown_name("command", argv[1], known));
  }
}

}  // namespace

Argument Argument::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}
Argument Argument::required() {
  option_->required();
  return *this;
}
Argument Argument::expected(int least, int most) {
  option_->expected(least, most);
  return *this;
}
Argument Argument::or_nothing(const std::string& text) {
  option_->expected(0, 1)->default_str(text);
  return *this;
}
Argument Argument::repeatable() {
  option_->allow_extra_args(false);
  return *this;
}
Argument Argument::comma_separated() {
  option_->delimiter(',');
  return *this;
}
Argument Argument::needs(const std::string& option) {
  option_->needs(option);
  return *this;
}
Argument Argument::positive() {
  option_->check(CLI::PositiveNumber);
  return *this;
}
Argument Argument::non_negative() {
  option_->check(CLI::NonNegativeNumber);
  return *this;
}
Argument Argument::range(double least, double most) {
  option_->check(CLI::Range(least, most));
  return *this;
}
Argument Argument::range(int least, int most) {
  option_->check(CLI::Range(least, most));
  return *this;
}
Argument Argument::one_of(const std::vector<std::string>& words) {
  option_->check(CLI::IsMember(words));
  return *this;
}

Argument Command::option(const std::string& names, std::string& value, const std::string& help) {
  return Argument{app_->add_option(names, value, help)};
}
Argument Command::option(const std::string& names, int& value, const std::string& help) {
  return Argument{app_->add_option(names, value, help)};
}
Argument Command::option(const std::string& names, double& value, const std::string& help) {
  return Argument{app_->add_option(names, value, help)};
}
Argument Command::option(const std::string& names, std::uint64_t& value, const std::string& help) {
  return Argument{app_->add_option(names, value, help)};
}
Argument Command::option(const std::string& names, std::vector<std::string>& values, const std::string& help) {
  return Argument{app_->add_option(names, values, help)};
}
Argument Command::option(const std::string& names, std::vector<int>& values, const std::string& help) {
  return Argument{app_->add_option(names, values, help)};
}
void Command::flag(const std::string& names, bool& value, const std::string& help) {
  app_->add_flag(names, value, help);
}
void Command::sets(std::vector<std::string>& values, const std::string& help) {
  option("--set", values, help).type_name("KEY=VALUE").repeatable();
}

Command Command::add(const std::string& name, const std::string& what) {
  return Command{app_->add_subcommand(name, what)};
}
void Command::require_subcommand() { app_->require_subcommand(1); }
void Command::footer(const std::string& text) { app_->footer(text); }
void Command::run(std::function<void()> action) { app_->callback(std::move(action)); }

CommandRegistration::CommandRegistration(int place, std::string name, std::string what, void (*declare)(Command)) {
  registered().push_back({place, std::move(name), std::move(what), declare});
}

int run_command_line(int argc, char** argv) {
  CLI::App app{"teapot predicts the time per output token (TPOT) of a language model decoding on a cluster."};
  app.name("./teapot");
  app.set_version_flag("--version", version);
  app.require_subcommand(1);
  std::vector<Registered> commands = registered();
  std::sort(commands.begin(), commands.end(), [](const auto& a, const auto& b) { return a.place < b.place; });
  for (const Registered& c : commands) c.declare(Command{app.add_subcommand(c.name, c.what)});
  require_known_command(app, argc, argv);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    throw ConfigError(fmt::format("{} (./teapot --help shows what there is)", e.what()));
  }
  return 0;
}

}  // namespace teapot

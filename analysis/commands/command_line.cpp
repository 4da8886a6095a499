// The only file that includes CLI11: the commands' words turned into its calls.
// Knows no command's options.

#include "analysis/commands/command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <stdexcept>
#include <utility>

#include "analysis/version.hpp"
#include "sim/config.hpp"
#include "sim/memory_limit.hpp"

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

/// As Config's limits of numbers; "nan" passes every other check.
CLI::Validator within(double most) {
  return CLI::Validator{[most](const std::string& text) {
                          char* end = nullptr;
                          const double value = std::strtod(text.c_str(), &end);
                          return std::abs(value) <= most
                                     ? std::string{}
                                     : fmt::format("expected a number of at most {:g}, got {}", most, in_quotes(text));
                        },
                        ""};
}

/// CLI11 takes -1 for the largest number there is, and cuts what is larger.
CLI::Validator whole_number() {
  return CLI::Validator{[](const std::string& text) {
                          std::uint64_t value = 0;
                          const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
                          return error == std::errc{} && end == text.data() + text.size()
                                     ? std::string{}
                                     : fmt::format("expected a whole number from 0 to {}, got {}",
                                                   std::numeric_limits<std::uint64_t>::max(), in_quotes(text));
                        },
                        ""};
}

void read_memory_limit(const std::string& text) {
  try {
    const Bytes limit = parse_quantity<Bytes>(text);
    if (limit < Bytes{64e6}) throw std::invalid_argument("must be 64 MB at least, got " + in_quotes(text));
    limit_memory(limit.value);
  } catch (const std::invalid_argument& e) {
    throw ConfigError(fmt::format("--limit-memory: {}", e.what()));
  }
}

CommandDescription describe(const CLI::App& app) {
  CommandDescription description{app.get_name(), app.get_description(), app.get_footer(), {}, {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_lnames() == std::vector<std::string>{"help"}) continue;
    OptionDescription one;
    for (const auto& name : option->get_snames()) one.names += (one.names.empty() ? "-" : ",-") + name;
    for (const auto& name : option->get_lnames()) one.names += (one.names.empty() ? "--" : ",--") + name;
    if (one.names.empty()) one.names = option->get_name(true);
    if (option->get_items_expected_max() > 0) one.value = option->get_type_name();
    one.what = option->get_description();
    description.options.push_back(std::move(one));
  }
  for (const CLI::App* command : app.get_subcommands({})) description.commands.push_back(describe(*command));
  return description;
}

/// `help run` is `run --help`, and `help` alone `--help`.
std::vector<std::string> with_help(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words[0] != "help") return words;
  words.erase(words.begin());
  words.emplace_back("--help");
  return words;
}

/// A word where a command is due that is none: CLI11 would only say that one is required.
void require_known_command(const CLI::App& app, const std::vector<std::string>& words) {
  if (words.empty() || words[0].starts_with("-")) return;
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands({})) known.push_back(command->get_name());
  if (std::find(known.begin(), known.end(), words[0]) == known.end()) {
    throw ConfigError(unknown_name("command", words[0], known));
  }
}

constexpr const char* definitions =
    "Words used everywhere:\n"
    "  step     one pass through all layers for all requests of a GPU\n"
    "  TPOT     time per output token: step time over the tokens a request gets from a step\n"
    "  binding  the resource whose raise lowers TPOT most, found by simulating again with 10% more of it\n"
    "  slack    a resource of which 10% more changes the step by less than 1%\n"
    "  in use   part of the step in which a resource was busy; a busy resource need not bind\n"
    "  exposed  communication during which the GPU had nothing to compute\n\n"
    "./teapot help COMMAND shows what a command takes, ./teapot keys every key of a scenario.";

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
  return Argument{app_->add_option(names, value, help)->check(within(1e9))};
}
Argument Command::option(const std::string& names, double& value, const std::string& help) {
  return Argument{app_->add_option(names, value, help)->check(within(1e18))};
}
Argument Command::option(const std::string& names, std::uint64_t& value, const std::string& help) {
  return Argument{app_->add_option(names, value, help)->check(whole_number())};
}
Argument Command::option(const std::string& names, std::vector<std::string>& values, const std::string& help) {
  return Argument{app_->add_option(names, values, help)};
}
Argument Command::option(const std::string& names, std::vector<int>& values, const std::string& help) {
  return Argument{app_->add_option(names, values, help)->check(within(1e9))};
}
void Command::flag(const std::string& names, bool& value, const std::string& help) {
  app_->add_flag(names, value, help);
}
void Command::sets(std::vector<std::string>& values, const std::string& help) {
  option("--set", values, help).type_name("KEY=VALUE").repeatable();
}

void Command::assumptions(std::vector<std::string>& sets) {
  const auto add = [&sets](const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos || equals == 0 || word.substr(equals + 1) != "ignore")
        throw ConfigError(fmt::format("--assume {}: expected KEY=ignore", word));
      sets.push_back("model.assume." + word);
    }
  };
  auto* option = app_->add_option_function<std::vector<std::string>>(
      "--assume", add, "Pass over a key of the model's config.json (may be repeated)");
  Argument{option}.type_name("KEY=ignore").repeatable();
}

Command Command::add(const std::string& name, const std::string& what) {
  return Command{app_->add_subcommand(name, what)};
}
void Command::require_subcommand() { app_->require_subcommand(1); }
void Command::footer(const std::string& text) { app_->footer(text); }
std::vector<CommandDescription> Command::all() const {
  const CLI::App* top = app_;
  while (top->get_parent() != nullptr) top = top->get_parent();
  return describe(*top).commands;
}
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
  for (const Registered& c : commands) {
    CLI::App* command = app.add_subcommand(c.name, c.what);
    command
        ->add_option_function<std::string>("--limit-memory", read_memory_limit,
                                           "Of each process (default: what the machine has)")
        ->type_name("SIZE");
    c.declare(Command{command});
  }
  app.footer(definitions);
  std::vector<std::string> words = with_help(argc, argv);
  require_known_command(app, words);
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(std::move(words));
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    throw ConfigError(fmt::format("{} (./teapot --help shows what there is)", e.what()));
  }
  return 0;
}

}  // namespace teapot

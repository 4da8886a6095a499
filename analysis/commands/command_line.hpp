#pragma once
// How a command says what it takes: options, positional arguments, sub-commands. One file a command, which registers
// itself. Shows nothing of the library behind it, whose headers cost more to compile than any command; knows no
// command.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace teapot {

/// An option or a positional argument. Each call narrows what it takes, and gives the argument itself.
class Argument {
 public:
  explicit Argument(CLI::Option* option) : option_(option) {}

  Argument type_name(const std::string& name);  ///< what the help shows for its value
  Argument required();
  Argument expected(int least, int most);        ///< how many values
  Argument or_nothing(const std::string& text);  ///< may stand without a value, which then is `text`
  Argument repeatable();                         ///< one value each time it is written
  Argument comma_separated();
  Argument needs(const std::string& option);
  Argument positive();
  Argument non_negative();
  Argument range(double least, double most);
  Argument range(int least, int most);
  Argument one_of(const std::vector<std::string>& words);

 private:
  CLI::Option* option_;
};

struct OptionDescription {
  std::string names;  ///< "--set", "-o,--output", or the name of a positional argument
  std::string value;  ///< what its value is called; empty for a flag
  std::string what;
  std::vector<std::string> words;  ///< that are allowed, where it is one of a few
};

/// What the help says of a command, for those who say it in another form.
struct CommandDescription {
  std::string name;
  std::string what;
  std::string footer;
  std::vector<OptionDescription> options;
  std::vector<CommandDescription> commands;
};

/// A command, or a sub-command of one. What arguments refer to must live as long as the program.
class Command {
 public:
  explicit Command(CLI::App* app) : app_(app) {}

  /// `names`: "-o,--output", or "scenario" for a positional argument.
  Argument option(const std::string& names, std::string& value, const std::string& help);
  Argument option(const std::string& names, int& value, const std::string& help);
  Argument option(const std::string& names, double& value, const std::string& help);
  Argument option(const std::string& names, std::uint64_t& value, const std::string& help);
  Argument option(const std::string& names, std::vector<std::string>& values, const std::string& help);
  Argument option(const std::string& names, std::vector<int>& values, const std::string& help);
  void flag(const std::string& names, bool& value, const std::string& help);
  /// --set KEY=VALUE, as often as wanted.
  void sets(std::vector<std::string>& values, const std::string& help);
  /// --assume KEY=ignore, as often as wanted: what `--set model.assume.KEY=ignore` says, added to `sets`.
  void assumptions(std::vector<std::string>& sets);

  Command add(const std::string& name, const std::string& what);
  void require_subcommand();
  void footer(const std::string& text);
  /// All commands of the program.
  std::vector<CommandDescription> all() const;
  /// What it does once its arguments are read.
  void run(std::function<void()> action);

 private:
  CLI::App* app_;
};

/// Put one at namespace scope in a command's file. `place` orders the help.
struct CommandRegistration {
  CommandRegistration(int place, std::string name, std::string what, void (*declare)(Command));
};

/// Reads the command line and runs the command it names. Gives the exit code of --help and the like, 0 otherwise;
/// throws ConfigError for what the user got wrong, and whatever the command throws.
int run_command_line(int argc, char** argv);

}  // namespace teapot

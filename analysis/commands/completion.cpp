// ./teapot completion: what shells need to complete commands and options. ./teapot man: the manual page.
// Knows no command: it says what the help says.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>

#include "analysis/commands/command_line.hpp"
#include "analysis/version.hpp"

namespace teapot {
namespace {

using Commands = std::vector<CommandDescription>;

std::vector<std::string> long_options(const CommandDescription& command) {
  std::vector<std::string> names{"--help"};
  for (const auto& option : command.options) {
    const std::size_t at = option.names.find("--");
    if (at != std::string::npos) names.push_back(option.names.substr(at));
  }
  return names;
}

std::vector<std::string> names_of(const Commands& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands) names.push_back(command.name);
  return names;
}

std::string quoted(std::string text) {
  for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4) text.replace(at, 1, "'\\''");
  return '\'' + text + '\'';
}

/// Commands first, then what a command takes, then files.
std::string bash(const Commands& commands) {
  std::string cases;
  for (const auto& command : commands) {
    auto words = names_of(command.commands);
    for (const auto& option : long_options(command)) words.push_back(option);
    for (const auto& below : command.commands) {
      for (const auto& option : long_options(below)) words.push_back(option);
    }
    cases += fmt::format("    {}) words={} ;;\n", command.name, quoted(fmt::format("{}", fmt::join(words, " "))));
  }
  return fmt::format(
      "# bash completion of teapot: source <(./teapot completion bash)\n"
      "_teapot() {{\n"
      "  local words={} current=${{COMP_WORDS[COMP_CWORD]}}\n"
      "  [ \"$COMP_CWORD\" -gt 1 ] && case ${{COMP_WORDS[1]}} in\n{}"
      "    help) ;;\n"
      "    *) words= ;;\n"
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\") $(compgen -f -- \"$current\"))\n"
      "}}\n"
      "complete -o filenames -F _teapot teapot ./teapot\n",
      quoted(fmt::format("{} help", fmt::join(names_of(commands), " "))), cases);
}

std::string zsh(const Commands& commands) {
  return "#compdef teapot\n# zsh completion of teapot: source <(./teapot completion zsh)\n"
         "autoload -U +X bashcompinit && bashcompinit\n" +
         bash(commands);
}

std::string fish(const Commands& commands) {
  std::string text = "# fish completion of teapot: ./teapot completion fish | source\n";
  for (const auto& command : commands) {
    text +=
        fmt::format("complete -c teapot -n __fish_use_subcommand -a {} -d {}\n", command.name, quoted(command.what));
    const std::string seen = fmt::format("-n '__fish_seen_subcommand_from {}'", command.name);
    for (const auto& below : command.commands) {
      text += fmt::format("complete -c teapot {} -a {} -d {}\n", seen, below.name, quoted(below.what));
    }
    for (const auto& option : command.options) {
      const std::size_t at = option.names.find("--");
      if (at == std::string::npos) continue;
      text += fmt::format("complete -c teapot {} -l {} {}-d {}\n", seen, option.names.substr(at + 2),
                          option.value.empty() ? "" : "-r ", quoted(option.what));
    }
  }
  return text;
}

std::string roff(std::string text) {
  for (std::size_t at = 0; (at = text.find_first_of("\\-", at)) != std::string::npos; at += 2) text.insert(at, "\\");
  for (std::size_t at = 0; (at = text.find("\n.", at)) != std::string::npos; at += 4) text.insert(at + 1, "\\&");
  return text;
}

std::string section(const CommandDescription& command, const std::string& above) {
  const std::string name = above + command.name;
  std::string text = fmt::format(".SS {}\n{}.\n", roff(name), roff(command.what));
  for (const auto& option : command.options) {
    text += fmt::format(".TP\n.B {}{}\n{}\n", roff(option.names), option.value.empty() ? "" : " " + roff(option.value),
                        roff(option.what));
  }
  if (!command.footer.empty()) text += fmt::format(".PP\n.nf\n{}\n.fi\n", roff(command.footer));
  for (const auto& below : command.commands) text += section(below, name + ' ');
  return text;
}

std::string manual(const Commands& commands) {
  std::string text = fmt::format(
      ".TH TEAPOT 1 \"\" \"teapot {}\"\n.SH NAME\nteapot \\- time per output token of a language model decoding on a "
      "cluster\n.SH SYNOPSIS\n.B ./teapot\n.I COMMAND\n[\\fIARGUMENTS\\fR]\n.SH COMMANDS\n",
      version);
  for (const auto& command : commands) text += section(command, "");
  return text +
         ".SH FILES\nA scenario is YAML; its keys are in docs/keys.md and in ./teapot keys.\n"
         ".SH EXIT STATUS\n0: done. 2: the input is wrong. 3: the simulation could not finish.\n";
}

void declare_completion(Command command) {
  auto shell = std::make_shared<std::string>();
  command.option("shell", *shell, "bash, zsh or fish").required().one_of({"bash", "zsh", "fish"}).type_name("SHELL");
  command.footer("Example:\n  source <(./teapot completion bash)");
  command.run([shell, command] {
    const Commands commands = command.all();
    fmt::print("{}", *shell == "bash" ? bash(commands) : *shell == "zsh" ? zsh(commands) : fish(commands));
  });
}

void declare_manual(Command command) {
  command.footer("Example:\n  ./teapot man > teapot.1 && man ./teapot.1");
  command.run([command] { fmt::print("{}", manual(command.all())); });
}

const CommandRegistration completion{120, "completion", "Print what a shell needs to complete commands and options",
                                     declare_completion};
const CommandRegistration man{121, "man", "Print the manual page", declare_manual};

}  // namespace
}  // namespace teapot

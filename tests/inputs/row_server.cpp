// Runs command lines as the program would, each in a child of its own, which starts with everything loaded and the keys
// of a scenario known: that takes 0.1 s of a processor a process, and thousands of wrong inputs are tried.
// Knows no command. On stdin a request: seconds it may take, a pattern, how many arguments, the arguments, each ended
// by a NUL; the answer is a line: exit code (128 and more: by a signal), lines on stderr, the longest, whether it is
// free of control characters and whether the pattern is found, as 1 or 0. Output is in `out` and `err` of the working
// folder.

#include <fcntl.h>
#include <regex.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "analysis/commands/program.hpp"
#include "analysis/scenario/known_keys.hpp"

namespace {

struct Request {
  unsigned longest_s = 0;  ///< then it is ended by SIGALRM
  std::string pattern;
  std::vector<std::string> words;
};

void open_as(int stream, const char* file, int flags) {
  const int fd = open(file, flags, 0644);
  if (fd < 0 || dup2(fd, stream) < 0) _exit(125);
  close(fd);
}

[[noreturn]] void run_in_child(Request request) {
  open_as(STDIN_FILENO, "/dev/null", O_RDONLY);
  open_as(STDOUT_FILENO, "out", O_WRONLY | O_CREAT | O_TRUNC);
  open_as(STDERR_FILENO, "err", O_WRONLY | O_CREAT | O_TRUNC);
  std::signal(SIGXFSZ, SIG_IGN);  // as main() has it
  alarm(request.longest_s);
  std::vector<char*> arguments;
  for (auto& word : request.words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::exit(teapot::run_program(static_cast<int>(request.words.size()), arguments.data()));
}

int exit_code(const Request& request) {
  const pid_t child = fork();
  if (child == 0) run_in_child(request);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return 126;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string content(const char* file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{}};
}

bool found(const std::string& pattern, const std::string& text) {
  regex_t compiled;
  if (regcomp(&compiled, pattern.c_str(), REG_EXTENDED | REG_NOSUB | REG_NEWLINE) != 0) return false;
  const bool is_in = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return is_in;
}

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t' && c != '\n') || byte == 0x7f;
}

void answer(int code, const std::string& pattern, const std::string& err) {
  std::size_t longest = 0;
  for (std::size_t begin = 0; begin < err.size();) {
    const std::size_t end = std::min(err.find('\n', begin), err.size());
    longest = std::max(longest, end - begin);
    begin = end + 1;
  }
  std::printf("%d %td %zu %d %d\n", code, std::count(err.begin(), err.end(), '\n'), longest,
              std::none_of(err.begin(), err.end(), is_control), found(pattern, err));
  std::fflush(stdout);
}

unsigned long number(const std::string& text) { return std::strtoul(text.c_str(), nullptr, 10); }

bool next(std::string& field) { return static_cast<bool>(std::getline(std::cin, field, '\0')); }

bool next(Request& request) {
  std::string longest, count;
  if (!next(longest) || !next(request.pattern) || !next(count)) return false;
  request.longest_s = static_cast<unsigned>(number(longest));
  request.words.assign(1 + number(count), "teapot");
  return std::all_of(request.words.begin() + 1, request.words.end(), [](std::string& word) { return next(word); });
}

}  // namespace

int main() {
  teapot::known_keys();
  for (Request request; next(request);) {
    const int code = exit_code(request);
    answer(code, request.pattern, content("err"));
  }
}

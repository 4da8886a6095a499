// Runs a fuzz target on inputs made of its corpus by chance, where libFuzzer is not at hand: as the program is built
// for users. Usage: made_up TARGET CORPUS SECONDS INPUTS [SEED], the first limit that is met; an input that ends the
// process is kept.

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Random = std::mt19937_64;

constexpr unsigned longest_s = 20;  // of one input; the largest fabric that may be described takes three to build
constexpr std::size_t most_bytes = 65536;

std::string current;  // the input under way
std::string kept_as;  // the file it goes into when it ends the process

extern "C" void keep_input(int signal) {
  std::FILE* out = std::fopen(kept_as.c_str(), "wb");
  if (out != nullptr) {
    std::fwrite(current.data(), 1, current.size(), out);
    std::fclose(out);
  }
  std::fprintf(stderr, "signal %d; the input is in %s\n", signal, kept_as.c_str());
  _exit(1);
}

std::vector<std::string> read_corpus(const std::string& folder) {
  std::vector<std::string> names, texts;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) names.push_back(entry.path().string());
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    std::ifstream stream{name, std::ios::binary};
    texts.emplace_back(std::istreambuf_iterator<char>{stream}, std::istreambuf_iterator<char>{});
  }
  return texts;
}

std::size_t below(Random& random, std::size_t most) { return most == 0 ? 0 : random() % most; }

/// A stretch of a text, seldom long.
std::string piece(Random& random, const std::string& text) {
  const std::size_t begin = below(random, text.size() + 1);
  return text.substr(begin, below(random, std::size_t{1} << below(random, 9)) + 1);
}

/// Another number in place of one, where there is one behind a random place.
void change_number(Random& random, std::string& text) {
  static const std::vector<std::string> numbers{
      "0",      "-1",    "1",          "2147483647",           "1e300", "-1e300", "nan", "inf",
      "1e-300", "65536", "4294967296", "18446744073709551616", "0.5",   "1e9"};
  const std::size_t begin = text.find_first_of("0123456789", below(random, text.size() + 1));
  if (begin == std::string::npos) return;
  const std::size_t end = std::min(text.find_first_not_of("0123456789.", begin), text.size());
  text.replace(begin, end - begin, numbers[below(random, numbers.size())]);
}

void mutate(Random& random, std::string& text, const std::vector<std::string>& corpus) {
  const std::size_t at = below(random, text.size() + 1);
  switch (below(random, 8)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(random, 8)));
      return;
    case 1:
      if (at < text.size()) text[at] = static_cast<char>(random());
      return;
    case 2:
      text.erase(at, below(random, 64) + 1);
      return;
    case 3:
      text.insert(at, piece(random, text));
      return;
    case 4:
      text.insert(at, piece(random, corpus[below(random, corpus.size())]));
      return;
    case 5:
      text = text.substr(0, at) + piece(random, corpus[below(random, corpus.size())]);
      return;
    case 6:
      text.insert(at, std::string(std::size_t{1} << below(random, 12), " [{(\n-#&*:,\"'"[below(random, 14)]));
      return;
    default:
      change_number(random, text);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fputs("usage: made_up TARGET CORPUS SECONDS INPUTS [SEED]\n", stderr);
    return 2;
  }
  std::string target = fmt::format("--target={}", argv[1]);
  char* words[] = {argv[0], target.data(), nullptr};
  int count = 2;
  char** given = words;
  LLVMFuzzerInitialize(&count, &given);
  kept_as = fmt::format("{}-made-up-{}", argv[1], getpid());
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGALRM}) std::signal(signal, keep_input);
  const rlimit memory{std::size_t{4} << 30, std::size_t{4} << 30};
  setrlimit(RLIMIT_DATA, &memory);

  const std::vector<std::string> corpus = read_corpus(argv[2]);
  if (corpus.empty()) return 2;
  Random random{argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 2026};
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(std::atof(argv[3]));
  const std::size_t most = std::strtoull(argv[4], nullptr, 10);
  std::size_t inputs = 0;
  for (; inputs < corpus.size() || (inputs < most && std::chrono::steady_clock::now() < end); ++inputs) {
    current = corpus[inputs < corpus.size() ? inputs : below(random, corpus.size())];
    if (inputs >= corpus.size()) {
      for (std::size_t changes = below(random, 6) + 1; changes > 0; --changes) mutate(random, current, corpus);
      current.resize(std::min(current.size(), most_bytes));
    }
    alarm(longest_s);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
  }
  alarm(0);
  fmt::print("{}: {} inputs\n", argv[1], inputs);
  return 0;
}

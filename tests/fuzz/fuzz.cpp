// What users and files may say, made up by libFuzzer: a target reads one kind of text.
// Usage: fuzz --target=NAME [libFuzzer's arguments] [corpus...]; without a name it lists them.

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "sim/config.hpp"
#include "target.hpp"

namespace teapot::fuzz {
namespace {

using Read = void (*)(const std::string& text);

struct Known {
  Read read;
  void (*prepare)();
};

std::map<std::string, Known>& targets() {
  static std::map<std::string, Known> all;
  return all;
}

Read chosen = nullptr;

/// In memory, gone with the process; $TMPDIR where that is set, so that what a crash leaves is cleaned up, too.
const std::string& folder() {
  static const std::string made = [] {
    const char* set = std::getenv("TMPDIR");
    std::string name = std::string{set != nullptr ? set : "/dev/shm"} + "/teapot-fuzz-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    return name;
  }();
  static const int at_end = std::atexit([] {
    std::error_code ignored;
    std::filesystem::remove_all(made, ignored);
  });
  require(at_end == 0, "the folder is taken away at the end");
  return made;
}

}  // namespace

Target::Target(const char* name, Read read, void (*prepare)()) { targets()[name] = {read, prepare}; }

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

std::string as_file(const std::string& text, const std::string& name) {
  const std::string file = folder() + '/' + name;
  std::FILE* out = std::fopen(file.c_str(), "wb");
  if (out == nullptr || std::fwrite(text.data(), 1, text.size(), out) != text.size()) std::abort();
  std::fclose(out);
  return file;
}

}  // namespace teapot::fuzz

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  using namespace teapot::fuzz;
  for (int i = 1; i < *argc; ++i) {
    const std::string_view argument{(*argv)[i]};
    for (const auto& [name, target] : targets()) {
      if (argument != "--target=" + name) continue;
      chosen = target.read;
      if (target.prepare != nullptr) target.prepare();
    }
  }
  if (chosen != nullptr) return 0;
  for (const auto& [name, target] : targets()) std::puts(name.c_str());
  std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    teapot::fuzz::chosen(std::string{reinterpret_cast<const char*>(data), size});
  } catch (const teapot::ConfigError& e) {
    const std::string_view what{e.what()};
    teapot::fuzz::require(!what.empty() && what.find('\n') == std::string_view::npos, "a complaint is one line");
  }
  return 0;
}

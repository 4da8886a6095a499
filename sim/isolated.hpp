#pragma once
// Runs a function in a child process and brings its bytes back: SimGrid allows one engine per process.
// Does not know what the bytes mean.

#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace teapot {

/// The child ended without a result; what() holds the end of what it wrote to stderr.
struct ChildDied : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The child was killed from outside (SIGKILL, SIGTERM): the same work may well succeed another time.
struct ChildKilled : ChildDied {
  using ChildDied::ChildDied;
};

using Progress = std::function<void(double fraction)>;

/// Forks, runs `work` in the child and returns what it returned. `work` is given a function that reports progress; the
/// parent calls `progress` with each report. The child's stderr is captured, nothing of it is printed.
/// A ConfigError thrown in the child is thrown again here; any other end of the child is a ChildDied.
std::string isolated(const std::function<std::string(const Progress& report)>& work, const Progress& progress = {});
/// The same for results that are large: the child writes them piece by piece, and `take` is given all of them as they
/// lie in the memory of both.
using Write = std::function<void(std::string_view piece)>;
void isolated_pieces(const std::function<void(const Progress& report, const Write& write)>& work,
                     const std::function<void(std::string_view bytes)>& take, const Progress& progress = {});

/// Appends and reads plain values and vectors of them: the bytes that cross the pipe, for one machine only.
class ByteWriter {
 public:
  template <class T>
  void write(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <class T>
  void write(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    write(values.size());
    bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  void write(const std::string& text) { write(std::vector<char>(text.begin(), text.end())); }
  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}
  template <class T>
  T read() {
    static_assert(std::is_trivially_copyable_v<T>);
    T value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }
  template <class T>
  std::vector<T> read_vector() {
    std::vector<T> values(read<std::size_t>());
    if (!values.empty()) std::memcpy(values.data(), take(values.size() * sizeof(T)), values.size() * sizeof(T));
    return values;
  }
  std::string read_text() {
    const auto characters = read_vector<char>();
    return {characters.begin(), characters.end()};
  }

 private:
  const char* take(std::size_t count) {
    if (position_ + count > bytes_.size()) throw ChildDied("the simulation's result is cut short");
    const char* at = bytes_.data() + position_;
    position_ += count;
    return at;
  }
  std::string_view bytes_;
  std::size_t position_ = 0;
};

}  // namespace teapot

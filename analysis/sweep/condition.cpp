// A recursive descent over one line of text.
// Does not know which points it is asked for.

#include "analysis/sweep/condition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "analysis/sweep/amount.hpp"

namespace teapot {
namespace {

struct Value {
  bool is_number = false;
  double number = 0;  ///< in base units
  int dimension = 0;
  std::string text;
};

constexpr std::size_t most_characters = 4000;
constexpr int deepest = 64;  // parentheses, and `not`, within each other

class Reader {
 public:
  Reader(const Config& condition, const Tree& scenario, const ConditionNames& names)
      : condition_(condition), text_(condition.as<std::string>()), scenario_(scenario), names_(names) {
    if (text_.size() > most_characters) fail(fmt::format("is longer than {} characters", most_characters));
  }

  bool read() {
    const bool result = either();
    if (!peek().empty()) fail(fmt::format("does not expect {}", in_quotes(peek())));
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    condition_.fail(
        fmt::format("{} {} (such as deployment.gpus > 64 and fabric == h800-mpft)", in_quotes(text_), reason));
  }

  static bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '.'; }

  /// The next token: a word, a number, an operator; empty at the end. A hyphen inside a word belongs to it.
  std::string peek() const {
    std::size_t at = text_.find_first_not_of(' ', position_);
    if (at == std::string::npos) return "";
    std::size_t end = at + 1;
    if (is_word(text_[at])) {
      while (end < text_.size() &&
             (is_word(text_[end]) || (text_[end] == '-' && end + 1 < text_.size() && is_word(text_[end + 1]))))
        ++end;
    } else if (std::string{"<>=!"}.find(text_[at]) != std::string::npos && end < text_.size() && text_[end] == '=') {
      ++end;
    }
    return text_.substr(at, end - at);
  }

  std::string take() {
    const std::string token = peek();
    position_ = text_.find_first_not_of(' ', position_);
    position_ = position_ == std::string::npos ? text_.size() : position_ + token.size();
    return token;
  }

  bool take_if(const std::string& token) {
    if (peek() != token) return false;
    take();
    return true;
  }

  // Both sides are read even where the first decides: a mistake in the second must not wait for its turn.
  bool either() {
    bool result = both();
    while (take_if("or")) {
      const bool right = both();
      result = result || right;
    }
    return result;
  }

  bool both() {
    bool result = negated();
    while (take_if("and")) {
      const bool right = negated();
      result = result && right;
    }
    return result;
  }

  bool negated() {
    const Depth depth_here{*this};
    if (take_if("not")) return !negated();
    const std::size_t start = position_;
    if (take_if("(")) {  // of a condition or of a sum: the token after its end tells
      int depth = 1;
      while (depth > 0 && !peek().empty()) {
        const std::string token = take();
        depth += token == "(" ? 1 : token == ")" ? -1 : 0;
      }
      const std::string after = peek();
      position_ = start;
      if (after.empty() || after == "and" || after == "or" || after == ")") {
        take();
        const bool result = either();
        if (!take_if(")")) fail("lacks a closing parenthesis");
        return result;
      }
    }
    return comparison();
  }

  bool comparison() {
    const Value left = sum();
    const std::string op = take();
    if (op != "==" && op != "!=" && op != "<" && op != "<=" && op != ">" && op != ">=") {
      fail("needs a comparison: == != < <= > >=");
    }
    const Value right = sum();
    if (left.is_number != right.is_number || left.dimension != right.dimension) {
      fail("compares things that are not alike");
    }
    if (op == "==") return left.is_number ? left.number == right.number : left.text == right.text;
    if (op == "!=") return left.is_number ? left.number != right.number : left.text != right.text;
    if (!left.is_number) fail("asks which of two words is larger");
    if (op == "<") return left.number < right.number;
    if (op == "<=") return left.number <= right.number;
    return op == ">" ? left.number > right.number : left.number >= right.number;
  }

  void require_numbers(const Value& a, const Value& b, bool alike) const {
    if (!a.is_number || !b.is_number) fail("calculates with a word");
    if (alike && a.dimension != b.dimension) fail("adds things that are not alike");
    if (!alike && a.dimension != 0 && b.dimension != 0) fail("multiplies or divides two quantities");
  }

  Value sum() {
    Value value = product();
    while (peek() == "+" || peek() == "-") {
      const std::string op = take();
      const Value right = product();
      require_numbers(value, right, true);
      value.number = op == "+" ? value.number + right.number : value.number - right.number;
    }
    return value;
  }

  Value product() {
    Value value = operand();
    while (peek() == "*" || peek() == "/" || peek() == "%") {
      const std::string op = take();
      const Value right = operand();
      require_numbers(value, right, false);
      if (op != "*" && right.dimension != 0) fail("divides by a quantity");
      if (op != "*" && right.number == 0) fail("divides by zero");
      value.number = op == "*"   ? value.number * right.number
                     : op == "/" ? value.number / right.number
                                 : std::fmod(value.number, right.number);
      value.dimension += op == "*" ? right.dimension : 0;
    }
    return value;
  }

  static Value value_of(const std::string& text) {
    const auto amount = read_amount(text);
    if (!amount) return {false, 0, 0, text};
    return {true, amount->base, amount->dimension, text};
  }

  /// What a dotted path leads to; {from: name} counts as its name.
  const Tree* find(const std::string& path) const {
    const Tree* at = &scenario_;
    for (std::size_t start = 0; at != nullptr && start <= path.size();) {
      const std::size_t dot = std::min(path.find('.', start), path.size());
      at = at->find(path.substr(start, dot - start));
      start = dot + 1;
    }
    const Tree* from = at != nullptr ? at->find("from") : nullptr;
    return from != nullptr ? from : at;
  }

  Value operand() {
    const Depth depth_here{*this};
    if (take_if("(")) {
      const Value value = sum();
      if (!take_if(")")) fail("lacks a closing parenthesis");
      return value;
    }
    const std::string token = take();
    if (token.empty()) fail("ends too early");
    if (!is_word(token[0])) fail(fmt::format("does not expect {}", in_quotes(token)));
    if (std::isdigit(static_cast<unsigned char>(token[0])) != 0) {
      // A unit may follow, with a slash of its own (GB/s).
      const std::size_t before = position_;
      std::string quantity = token + ' ' + take();
      if (peek() == "/") {
        quantity += take();
        quantity += take();
      }
      if (read_amount(quantity)) return value_of(quantity);
      position_ = before;
      const std::string unit = peek();
      if (!unit.empty() && read_amount(token + ' ' + unit)) return value_of(token + ' ' + take());
      return value_of(token);
    }
    for (const auto& [name, text] : names_) {
      if (name == token) return value_of(text);
    }
    const Tree* found = find(token);
    if (found != nullptr && found->kind == Tree::Kind::scalar) return value_of(found->text);
    if (found != nullptr) fail(fmt::format("asks for {}, which is not a single value", token));
    if (token.find('.') != std::string::npos) {
      fail(fmt::format("asks for {}, which the scenario does not say: write it in `base`", token));
    }
    return {false, 0, 0, token};
  }

  /// Counts how deep the descent is, and ends it where that is too deep.
  struct Depth {
    int& depth;
    explicit Depth(Reader& reader) : depth(reader.depth_) {
      if (++depth > deepest) reader.fail(fmt::format("is nested more than {} deep", deepest));
    }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    ~Depth() { --depth; }
  };

  const Config& condition_;
  std::string text_;
  const Tree& scenario_;
  const ConditionNames& names_;
  std::size_t position_ = 0;
  int depth_ = 0;
};

}  // namespace

bool holds(const Config& condition, const Tree& scenario, const ConditionNames& names) {
  return Reader{condition, scenario, names}.read();
}

}  // namespace teapot

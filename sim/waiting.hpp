#pragma once
// Ranks of a collective that are not done, as bits: which of a link's ranks are among them.
// Knows no time.

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sim/collective_support.hpp"
#include "sim/decided.hpp"

namespace teapot {

class Waiting {
 public:
  /// Those that are armed and not done.
  Waiting(const std::vector<std::uint64_t>& armed, const std::vector<std::uint64_t>& done) : bits_(armed.size()) {
    for (std::size_t w = 0; w < bits_.size(); ++w) {
      bits_[w] = armed[w] & ~done[w];
      if (bits_[w] == 0) continue;
      words_.push_back(w);
    }
    left_ = words_.size();
    first_ = words_.empty() ? 0 : words_.front();
    beyond_ = words_.empty() ? 0 : words_.back() + 1;
  }

  /// These alone.
  Waiting(std::size_t words, const Decided::Ranks* first, const Decided::Ranks* beyond) : bits_(words) {
    for (; first != beyond; ++first) {
      if (bits_[first->word] == 0) words_.push_back(first->word);
      bits_[first->word] |= first->bits;
    }
    std::sort(words_.begin(), words_.end());
    left_ = words_.size();
    first_ = words_.empty() ? 0 : words_.front();
    beyond_ = words_.empty() ? 0 : words_.back() + 1;
  }

  bool somebody() const { return left_ > 0; }
  std::size_t count() const {
    std::size_t ranks = 0;
    for (const std::uint64_t word : bits_) ranks += static_cast<std::size_t>(std::popcount(word));
    return ranks;
  }
  std::uint64_t word(std::size_t index) const { return bits_[index]; }
  /// False where nobody does, by the numbers of ranks alone.
  bool may_wait_for(const Support& support, int link) const {
    const Support::Words& words = support.of_link(link);
    return words.first < beyond_ && words.first + words.count > first_;
  }
  bool wait_for(const Support& support, int link) const {
    const Support::Words& words = support.of_link(link);
    const std::size_t beyond = std::min<std::size_t>(beyond_, words.first + words.count);
    for (std::size_t w = std::max<std::size_t>(first_, words.first); w < beyond; ++w) {
      if ((bits_[w] & support.touch[words.at + w - words.first]) != 0) return true;
    }
    return false;
  }
  /// Takes away those that wait for the link; returns whether anybody did.
  bool take_away(const Support& support, int link) {
    return take_away(support, link, [](std::size_t, std::uint64_t) {});
  }
  /// The same, with f(word, bits) called for them.
  template <class F>
  bool take_away(const Support& support, int link, F&& f) {
    const Support::Words& words = support.of_link(link);
    bool any = false;
    const auto take = [&](std::size_t w) {
      const std::uint64_t taken = bits_[w] & support.touch[words.at + w - words.first];
      if (taken == 0) return;
      any = true;
      f(w, taken);
      if ((bits_[w] ^= taken) == 0) --left_;
    };
    if (words.count < words_.size()) {
      for (std::size_t w = words.first; w < words.first + words.count; ++w) take(w);
      return any;
    }
    std::erase_if(words_, [&](std::size_t w) {
      if (w - words.first < words.count) take(w);
      return bits_[w] == 0;
    });
    return any;
  }

 private:
  std::vector<std::uint64_t> bits_;
  std::size_t first_ = 0, beyond_ = 0;  // words in which anybody waited at first
  std::vector<std::size_t> words_;      // in which anybody may wait
  std::size_t left_ = 0;                // in which anybody does
};

}  // namespace teapot

#pragma once
// Lists of hops, each distinct one stored once: on a fabric the ways from one leaf to a GPU are the same for all that
// send from there. Knows no endpoints.

#include <cstdint>
#include <vector>

#include "sim/network.hpp"

namespace teapot {

class SharedPaths {
 public:
  using Id = std::uint32_t;

  SharedPaths();
  /// The same lists with the same numbers.
  bool operator==(const SharedPaths& other) const { return words_ == other.words_ && shares_ == other.shares_; }
  /// The number of this list of hops, which is stored if it is new.
  Id add(const Hop* first, const Hop* last);
  /// If hardly any list has come again so far, none is looked for any more: each one added is new, but for empty ones.
  /// `of_all`: the part of all lists that has been added.
  void expect_no_more(double of_all);
  /// Lists with numbers from here on were not looked for.
  std::size_t end_of_looked_for() const { return looks_ ? end() : end_of_looked_for_; }
  /// Puts other hops in the place of a list's, no more than it has.
  void replace(Id id, const Hop* first, const Hop* last);
  /// Whether any share is not 1.
  bool spread() const { return !shares_.empty(); }
  /// Whether sums of whole numbers times shares do not depend on their order: all shares are 1 / 256 or whole
  /// multiples.
  bool exact() const { return exact_; }
  /// Calls f(id, hops) for each list, in the order of numbers; what replace() has left over are empty ones.
  template <class F>
  void for_each_list(F&& f) const {
    for (std::size_t id = 0; id < words_.size(); id += 1 + words_[id])
      f(static_cast<Id>(id), hops(static_cast<Id>(id)));
  }
  std::size_t size(Id id) const { return words_[id]; }
  std::vector<Hop> hops(Id id) const {
    std::vector<Hop> hops;
    hops.reserve(size(id));
    for_each_hop(id, [&](int link, double share) { hops.push_back({link, share}); });
    return hops;
  }
  /// All numbers are below this.
  std::size_t end() const { return words_.size(); }
  /// Ends adding.
  void freeze();

  template <class F>
  void for_each_hop(Id id, F&& f) const {
    const std::uint32_t* at = words_.data() + id;
    const std::uint32_t* const end = at + 1 + *at;
    if (shares_.empty()) {
      while (++at < end) f(static_cast<int>(*at), 1.0);
    } else {
      while (++at < end)
        f(static_cast<int>(*at), static_cast<double>(shares_[static_cast<std::size_t>(at - words_.data())]));
    }
  }

 private:
  Id append(const Hop* first, const Hop* last);
  bool is(Id id, const Hop* first, const Hop* last) const;
  void grow();

  std::vector<std::uint32_t> words_;  // for each list: how many hops, then their links
  std::vector<float> shares_;         // as words_; empty while every share is 1
  std::vector<Id> slots_;             // a hash table of lists; 0: free, else the list's number and 1
  std::size_t lists_ = 0;
  std::size_t added_ = 0;
  bool looks_ = true;
  bool exact_ = true;
  Id empty_ = 0;  // where lists are not looked for: the empty one
  std::size_t end_of_looked_for_ = 0;
};

}  // namespace teapot

#pragma once
// Lists of hops, each distinct one stored once: on a fabric the ways from one leaf to a GPU are the same for all that
// send from there. Knows no endpoints.

#include <cstdint>
#include <functional>
#include <vector>

#include "sim/network.hpp"

namespace teapot {

class SharedPaths {
 public:
  using Id = std::uint32_t;

  SharedPaths();
  /// The number of this list of hops, which is stored if it is new.
  Id add(const Hop* first, const Hop* last);
  /// Ends adding: leaves only the hops whose links are kept. Numbers stay.
  void keep(const std::function<bool(int link)>& kept);

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
  std::size_t bytes() const { return words_.size() * sizeof(std::uint32_t) + shares_.size() * sizeof(float); }

 private:
  bool is(Id id, const Hop* first, const Hop* last) const;
  void grow();

  std::vector<std::uint32_t> words_;  // for each list: how many hops, then their links
  std::vector<float> shares_;         // as words_; empty while every share is 1
  std::vector<Id> slots_;             // a hash table of lists; 0: free, else the list's number and 1
  std::size_t lists_ = 0;
};

}  // namespace teapot

#pragma once
// The last so many things by what they belong to: what came first is forgotten first. Knows nothing of the things.

#include <cstddef>
#include <deque>
#include <map>
#include <utility>

namespace teapot {

template <class Key, class Value>
class Recent {
 public:
  explicit Recent(std::size_t most) : most_(most) {}

  /// Null: it has not come, or is forgotten.
  Value* find(const Key& key) {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  /// Of a key that is not there; valid until the next call.
  Value& add(const Key& key, Value value) {
    if (values_.size() >= most_) {
      values_.erase(order_.front());
      order_.pop_front();
    }
    order_.push_back(key);
    return values_.emplace(key, std::move(value)).first->second;
  }

 private:
  std::size_t most_;
  std::map<Key, Value> values_;
  std::deque<Key> order_;  // oldest first
};

}  // namespace teapot

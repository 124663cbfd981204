#pragma once

#include "domain/instant.hpp"

#include <boost/multi_index/member.hpp>
#include <boost/multi_index/ordered_index.hpp>
#include <boost/multi_index_container.hpp>

#include <cstddef>
#include <limits>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace usher::domain {

/// What lasts until a moment, each under a key of its own: at most so many, and of more the one that ends first goes.
/// Where all last equally long that is the oldest. Of those that end at the same moment the one that came first goes
/// first. O(log n).
template <class Key, class Value = std::monostate, class Time = instant>
class bounded_by_end {
public:
  struct entry {
    Key key;
    Time end;
    mutable Value value;
  };

  /// Without `most` the caller sees to it that they do not become too many.
  explicit bounded_by_end(std::size_t most = std::numeric_limits<std::size_t>::max()) : most_(most) {}

  /// Adds it, or has it end then and be worth that.
  void put(Key key, Time end, Value value = {}) {
    erase(key);
    entries_.insert({std::move(key), end, std::move(value)});
    if (entries_.size() > most_)
      by_end().erase(by_end().begin());
  }

  /// The entry, even if it has ended, until it is taken out; null if there is none.
  [[nodiscard]] const entry* find(const Key& key) const {
    auto place = entries_.find(key);
    return place == entries_.end() ? nullptr : &*place;
  }

  void erase(const Key& key) { entries_.erase(key); }

  [[nodiscard]] std::optional<Time> next_end() const {
    auto& row = entries_.template get<1>();
    return row.empty() ? std::nullopt : std::optional{row.begin()->end};
  }

  /// Takes out what has ended by `now`, and returns its keys, the earliest first.
  std::vector<Key> take_ended(Time now) {
    std::vector<Key> ended;
    for (auto& row = by_end(); !row.empty() && row.begin()->end <= now; row.erase(row.begin()))
      ended.push_back(row.begin()->key);
    return ended;
  }

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
  using entries = boost::multi_index_container<
      entry, boost::multi_index::indexed_by<
                 boost::multi_index::ordered_unique<boost::multi_index::member<entry, Key, &entry::key>>,
                 boost::multi_index::ordered_non_unique<boost::multi_index::member<entry, Time, &entry::end>>>>;

  auto& by_end() { return entries_.template get<1>(); }

  std::size_t most_;
  entries entries_;
};

} // namespace usher::domain

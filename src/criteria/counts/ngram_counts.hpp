#pragma once
// Counts of the n-grams of rows, of all lengths up to the longest, and what follows each context.

#include <cstdint>
#include <span>
#include <vector>

#include "criteria/counts/ngram_keys.hpp"
#include "criteria/counts/open_table.hpp"

namespace jest::counts {

class NgramCounts {
 public:
  /// What stood behind an n-gram: how often something did, and how many different units.
  struct Context {
    std::int64_t total = 0;
    std::int64_t types = 0;
  };

  NgramCounts(NgramKeys keys, int longest)
      : keys_(keys), grams_(static_cast<std::size_t>(longest)), contexts_(grams_.size()) {}

  /// Counts the longest n-gram at each unit; returns how many there were.
  template <class Unit>
  std::int64_t add(std::span<const Unit> row) {
    for_ngrams(row, keys_, longest(), [this](std::uint64_t key, int length) {
      ++grams_[static_cast<std::size_t>(length) - 1][key];
    });
    return std::ssize(row);
  }

  /// Shorter n-grams follow from longer ones: each ends with a shorter one. Returns the additions.
  std::int64_t finish() {
    std::int64_t added = 0;
    for (std::size_t length = grams_.size(); length > 0; --length) {
      grams_[length - 1].for_each([&](std::uint64_t key, std::uint32_t count) {
        if (length > 1) grams_[length - 2][keys_.last(key, static_cast<int>(length) - 1)] += count;
        Context& context = contexts_[length - 1][keys_.context(key)];
        context.total += count;
        ++context.types;
        added += 3;
      });
    }
    return added;
  }

  int longest() const { return static_cast<int>(grams_.size()); }
  NgramKeys keys() const { return keys_; }
  const OpenTable<std::uint32_t>& grams(int length) const {
    return grams_[static_cast<std::size_t>(length) - 1];
  }
  /// Of what n-grams of `length` end in: their first length − 1 units.
  const OpenTable<Context>& contexts(int length) const {
    return contexts_[static_cast<std::size_t>(length) - 1];
  }

 private:
  NgramKeys keys_;
  std::vector<OpenTable<std::uint32_t>> grams_;
  std::vector<OpenTable<Context>> contexts_;
};

}  // namespace jest::counts

#pragma once
// A table of open addressing: keys of 64 bits, a power of two of slots, at most half of them taken.
// Slots that follow each other are tried in turn, so that a look-up mostly stays in a cache line.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace jest::counts {

/// The finalizer of SplitMix64. Source: Steele, Lea, Flood, OOPSLA 2014.
constexpr std::uint64_t mixed(std::uint64_t key) {
  key = (key ^ key >> 30) * 0xBF58476D1CE4E5B9;
  key = (key ^ key >> 27) * 0x94D049BB133111EB;
  return key ^ key >> 31;
}

template <class Value>
class OpenTable {
 public:
  /// The value of a key below 2^64 − 1, made where there was none.
  Value& operator[](std::uint64_t key) {
    if (2 * (taken_ + 1) > slots_.size()) grow();
    Slot& slot = slots_[slot_of(key)];
    if (slot.key == kNone) {
      slot.key = key;
      ++taken_;
    }
    return slot.value;
  }

  /// nullptr where there is none.
  const Value* find(std::uint64_t key) const {
    if (slots_.empty()) return nullptr;
    const Slot& slot = slots_[slot_of(key)];
    return slot.key == kNone ? nullptr : &slot.value;
  }

  /// A hint that find(key) comes soon.
  void prefetch(std::uint64_t key) const {
    if (!slots_.empty()) __builtin_prefetch(&slots_[mixed(key) & (slots_.size() - 1)]);
  }

  std::size_t size() const { return taken_; }

  /// `visit(key, value)` of every entry.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.key != kNone) visit(slot.key, slot.value);
    }
  }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};
  static constexpr std::size_t kFewest = 16;

  struct Slot {
    std::uint64_t key = kNone;
    Value value{};
  };

  std::size_t slot_of(std::uint64_t key) const {
    std::size_t at = mixed(key) & (slots_.size() - 1);
    while (slots_[at].key != key && slots_[at].key != kNone) at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void grow() {
    std::vector<Slot> before(slots_.empty() ? kFewest : 2 * slots_.size());
    before.swap(slots_);
    for (const Slot& slot : before) {
      if (slot.key != kNone) slots_[slot_of(slot.key)] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t taken_ = 0;
};

}  // namespace jest::counts

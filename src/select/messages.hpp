#pragma once
// What ranks of one selection tell each other, and the words of what goes wrong.

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "jest/criteria/conditional_scores.hpp"
#include "jest/select/exchange.hpp"
#include "jest/select/selection.hpp"

namespace jest::detail {

/// What must be equal on all ranks.
enum Term {
  kVersion,
  kRanks,
  kCandidates,
  kCount,
  kSeed,
  kStep,
  kFirstRound,
  kPreset,
  kChunks,
  kGain,
  kInteraction,
  kBackend,
  kCriterion,
  kFunctions,
  kTerms
};

/// The first message of a rank.
struct Greeting {
  std::int64_t failed = 0;
  std::array<std::uint64_t, kTerms> terms{};
  Shard shard;
  std::int64_t eligible = 0;
  std::int64_t nan_count = 0;
  Magnitudes magnitudes{};
};

/// What precedes a rank's offers in a round.
struct Header {
  std::int64_t failed = 0;
  std::int64_t keyed = 0;
  std::int64_t available = 0;  ///< after candidates whose score is NaN were set aside
  std::int64_t nan_count = 0;
};

/// Where in a run ranks are, for messages.
struct Place {
  std::int64_t step = 0;
  std::int64_t round = 0;
};

/// What a rank wants of a selection. `spec` was checked.
std::array<std::uint64_t, kTerms> terms_of(const SelectionSpec& spec, const Exchange& exchange,
                                           std::int64_t candidates, std::uint64_t criterion);

/// Throws unless all want the same, and hold parts of one super-batch in order of rank.
void check_terms(std::span<const Greeting> greetings);

/// Exchanges; what the exchange throws names the place.
std::vector<std::byte> gather(Exchange& exchange, const Place& place,
                              std::span<const std::byte> mine, std::span<const std::int64_t> sizes);

/// Exchanges what went wrong on ranks, where something did on any, and throws it.
[[noreturn]] void throw_failure(Exchange& exchange, const Place& place, const std::string& mine,
                                const std::vector<bool>& failed);

template <class Value>
void append(std::vector<std::byte>& bytes, std::span<const Value> values) {
  static_assert(std::is_trivially_copyable_v<Value>);
  const auto* begin = reinterpret_cast<const std::byte*>(values.data());
  bytes.insert(bytes.end(), begin, begin + values.size_bytes());
}

/// Values from the front of `bytes`, which is shortened.
template <class Value>
std::vector<Value> read(std::span<const std::byte>& bytes, std::int64_t count) {
  std::vector<Value> values(at(count));
  const std::size_t size = values.size() * sizeof(Value);
  if (size > 0) std::memcpy(values.data(), bytes.data(), size);
  bytes = bytes.subspan(size);
  return values;
}

}  // namespace jest::detail

// What ranks must agree on, and how one learns of another's error.

#include "select/messages.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>

#include "jest/core/error.hpp"

namespace jest::detail {
namespace {

enum class Shown { kInteger, kReal, kNot };

struct Named {
  std::string_view name;
  Shown shown;
};

constexpr std::array<Named, kTerms> kNames{{
    {"version of the library", Shown::kNot},
    {"number of ranks", Shown::kInteger},
    {"number of candidates", Shown::kInteger},
    {"count", Shown::kInteger},
    {"seed", Shown::kInteger},
    {"step", Shown::kInteger},
    {"first round", Shown::kInteger},
    {"preset", Shown::kNot},
    {"number of chunks", Shown::kInteger},
    {"gain", Shown::kReal},
    {"interaction", Shown::kReal},
    {"backend", Shown::kNot},
    {"criterion (widths, scales, biases, weights, operands)", Shown::kNot},
    {"mathematical library", Shown::kNot},
}};

std::string shown(const Named& term, std::uint64_t value) {
  if (term.shown == Shown::kNot) return "";
  if (term.shown == Shown::kReal) return text(" ", std::bit_cast<double>(value));
  return text(" ", value);
}

/// exp, log1p and log2 of the C library, which may use other instructions on other machines.
std::uint64_t functions_of_this_machine() {
  static const std::uint64_t value = [] {
    constexpr int kArguments = 4096;
    Digest digest;
    for (int k = 1; k <= kArguments; ++k) {
      const double x = 0.37 * k / kArguments + 1.0 / (k + 2);
      digest.add(std::exp(-9 * x)).add(std::log1p(x)).add(std::log2(x)).add(std::log(x));
    }
    return digest.value();
  }();
  return value;
}

std::uint64_t hash(std::string_view word) {
  Digest digest;
  for (const char letter : word) digest.add(static_cast<std::uint64_t>(letter));
  return digest.value();
}

}  // namespace

std::array<std::uint64_t, kTerms> terms_of(const SelectionSpec& spec, const Exchange& exchange,
                                           std::int64_t candidates, std::uint64_t criterion) {
  const auto whole_number = [](auto value) { return static_cast<std::uint64_t>(value); };
  std::array<std::uint64_t, kTerms> terms{};
  terms[kVersion] = hash(JEST_VERSION);
  terms[kRanks] = whole_number(exchange.size());
  terms[kCandidates] = whole_number(candidates);
  terms[kCount] = whole_number(spec.count);
  terms[kSeed] = spec.seed;
  terms[kStep] = whole_number(spec.step);
  terms[kFirstRound] = spec.first_round;
  terms[kPreset] = whole_number(spec.sampling.preset);
  terms[kChunks] = whole_number(chunk_count(spec));
  terms[kGain] = std::bit_cast<std::uint64_t>(spec.sampling.gain);
  terms[kInteraction] = std::bit_cast<std::uint64_t>(spec.interaction());
  terms[kBackend] = whole_number(spec.backend);
  terms[kCriterion] = criterion;
  terms[kFunctions] = functions_of_this_machine();
  return terms;
}

void check_terms(std::span<const Greeting> greetings) {
  const Greeting& first = greetings.front();
  std::int64_t next = 0;
  for (std::size_t rank = 0; rank < greetings.size(); ++rank) {
    const Greeting& other = greetings[rank];
    for (std::size_t k = 0; k < kTerms; ++k) {
      if (other.terms[k] == first.terms[k]) continue;
      refuse("select", text("one ", kNames[k].name, " on all ranks"),
             text("another", shown(kNames[k], other.terms[k]), " on rank ", rank, " than",
                  shown(kNames[k], first.terms[k]), " on rank 0"));
    }
    if (other.shard.first != next || other.shard.count < 0) {
      refuse("select", text("the part of rank ", rank, " to begin at ", next), other.shard.first);
    }
    next += other.shard.count;
  }
  if (next == first.shard.total) return;
  refuse("select", text("parts of ", first.shard.total, " candidates together"), next);
}

std::vector<std::byte> gather(Exchange& exchange, const Place& place,
                              std::span<const std::byte> mine,
                              std::span<const std::int64_t> sizes) {
  std::int64_t total = 0;
  for (const std::int64_t size : sizes) total += size;
  std::vector<std::byte> all(at(total));
  try {
    exchange.gather(mine, sizes, all);
  } catch (const std::exception& error) {
    throw Error(text("select at step ", place.step, ", round ", place.round, ", rank ",
                     exchange.rank(), " of ", exchange.size(), ": ", error.what()));
  }
  return all;
}

void throw_failure(Exchange& exchange, const Place& place, const std::string& mine,
                   const std::vector<bool>& failed) {
  constexpr std::size_t kLetters = 480;
  const std::vector<std::int64_t> sizes(failed.size(), kLetters);
  std::vector<std::byte> words(kLetters);
  std::memcpy(words.data(), mine.data(), std::min(mine.size(), kLetters - 1));
  const auto all = gather(exchange, place, words, sizes);
  std::size_t rank = 0;
  while (!failed[rank]) ++rank;
  const auto* message = reinterpret_cast<const char*>(all.data() + rank * kLetters);
  throw Error(text("select at step ", place.step, ", round ", place.round, ", rank ", rank, " of ",
                   failed.size(), ": ", std::string_view(message)));
}

}  // namespace jest::detail

#pragma once
// One selection as one rank takes part in it: draws, exchanges, and the loop over rounds.

#include <cstdint>
#include <exception>
#include <memory>
#include <span>
#include <vector>

#include "jest/select/sampler.hpp"

namespace jest::detail {

/// A candidate as ranks tell each other of it.
struct Offer {
  std::uint64_t key = 0;  ///< `ordered_bits` of its key
  std::int64_t id = 0;
  std::int64_t position = 0;  ///< in the whole super-batch
  double score = 0;
  double own = 0;  ///< its own term

  bool before(const Offer& other) const {
    return key != other.key ? key > other.key : id < other.id;
  }
};

/// One selection as one rank takes part in it: the draws among its own candidates, and what ranks
/// tell each other. Members that exchange must be called by all ranks alike. What goes wrong in a
/// rank's own work is told to all with their next exchange, and all throw it.
class Rounds {
 public:
  /// `spec` must outlive this; `candidates` are here. `keys_per_rank`: how many a rank offers in a
  /// round; by default enough in nearly every one. Where they did not suffice, twice as many are
  /// asked for.
  Rounds(const SelectionSpec& spec, std::int64_t candidates, std::int64_t keys_per_rank = 0);
  Rounds(Rounds&&) = delete;
  ~Rounds();

  /// Does one's own work, unless some failed before.
  template <class Work>
  void attempt(const Work& work) {
    if (failure_) return;
    try {
      work();
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  /// Own work: checks the arguments, and sets candidates aside whose own term is NaN.
  void begin(std::span<const std::int64_t> ids, std::span<const double> own);
  /// Exchanges: whether all want the same of parts of one super-batch, and enough are eligible.
  /// Answers the largest magnitudes.
  Magnitudes meet(std::uint64_t criterion, const Magnitudes& magnitudes);

  bool alone() const;
  std::int64_t count() const;  ///< N
  bool is_mean_field() const;

  /// Own work: keys of all that are available.
  void draw(std::int64_t round, std::span<const double> scores);
  /// Exchanges: the best keys of all ranks become `picks`, best first.
  void take(std::int64_t round);
  /// Exchanges: all eligible candidates become `picks`, though they stay available.
  void take_all();
  const std::vector<Offer>& picks() const { return picks_; }

  /// Own work: passes picks on to whoever asked for those of every round.
  void tell(std::span<const std::int64_t> picks);

  /// Own work: the picks among one's own candidates, in order of id.
  std::vector<std::int64_t> own_picks();
  /// Room for rows of one's own picks, or null where nobody else needs them.
  std::byte* outgoing(std::int64_t row_bytes);
  /// Exchanges rows, which were written to `outgoing` in the order of `own_picks`.
  void exchange_rows(std::int64_t row_bytes);
  /// Own work: all picks in order of id, those of others by the rows that came.
  std::span<const Pick> picked();

  SelectionStatistics statistics() const;

 private:
  struct Parts;

  void check_failures(const std::vector<bool>& failed);
  bool merge(std::int64_t most, std::int64_t take);

  std::exception_ptr failure_;
  std::vector<Offer> picks_;
  std::unique_ptr<Parts> parts_;
};

/// Which rank has a candidate. Throws where none has.
std::size_t rank_of(std::int64_t position, std::span<const Shard> shards);

/// Milliseconds of a clock that only goes forward.
double milliseconds();

/// The loop of select/sampler.hpp.
Selection sample_rounds(const AnyState& state, std::span<const std::int64_t> ids, Rounds& rounds);

}  // namespace jest::detail

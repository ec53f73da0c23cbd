// One selection as one rank takes part in it.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <optional>

#include "select/draw.hpp"
#include "select/key.hpp"
#include "select/messages.hpp"
#include "select/rounds.hpp"

namespace jest::detail {
namespace {

/// So that a rank's best suffice in nearly every round: how many of `take` picks lie on a rank
/// with this share of all candidates is a binomial number; five deviations and some above its mean.
std::int64_t likely_enough(std::int64_t take, const std::vector<Shard>& shards) {
  double largest = 0;
  for (const Shard& shard : shards) largest = std::max(largest, static_cast<double>(shard.count));
  const double mean =
      static_cast<double>(take) * largest / static_cast<double>(shards.front().total);
  return static_cast<std::int64_t>(std::ceil(mean + 5 * std::sqrt(mean) + 2));
}

void check_arguments(const SelectionSpec& spec, const Shard& shard,
                     std::span<const std::int64_t> ids, std::int64_t candidates) {
  check_counts(spec, shard.total);
  if (spec.backend == Backend::kCuda) {
    refuse("select", "backend default or eigen for this criterion", "cuda");
  }
  if (candidates != shard.count) {
    refuse("select", text("scores of the ", shard.count, " candidates of this rank"), candidates);
  }
  check_id_count("select", std::ssize(ids), candidates);
  check_ids(ids);
}

std::string message_of(const std::exception_ptr& failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
  return "";
}

/// What a rank tells in a round.
struct Answer {
  Header header;
  std::vector<Moments> moments = {};  // of own terms, in round 0
  std::vector<Offer> offers = {};
};

/// How many of each a rank of this shard tells.
struct AnswerShape {
  std::int64_t moments = 0;
  std::int64_t offers = 0;

  AnswerShape(const Shard& shard, std::int64_t round, std::int64_t most)
      : moments(round == 0 ? moments_of(shard) : 0), offers(std::min(most, shard.count)) {}
  std::int64_t bytes() const {
    return static_cast<std::int64_t>(sizeof(Header) + at(moments) * sizeof(Moments) +
                                     at(offers) * sizeof(Offer));
  }
};

bool by_key(const Offer& a, const Offer& b) { return a.before(b); }
bool by_id(const Offer& a, const Offer& b) { return a.id < b.id; }

}  // namespace

struct Rounds::Parts {
  const SelectionSpec& spec;
  Shard shard;
  std::int64_t keys_per_rank;
  std::int64_t chunks = 1;
  Place place;
  std::vector<double> own = {};
  std::span<const double> scores = {};
  std::optional<Draw> draw = {};
  std::vector<Shard> shards = {};           // of all ranks
  std::vector<std::int64_t> eligible = {};  // of each rank
  std::int64_t nan_count = 0;
  Moments moments = {};
  double own_of_picks = 0;  // the sum of their own terms
  std::vector<std::byte> outgoing = {};
  std::vector<std::byte> incoming = {};
  std::int64_t row_bytes = 0;
  std::vector<Pick> picked = {};
  std::int64_t most_bytes = 0;  // of one exchange
  Alone one_rank = {};
  Exchange& exchange = spec.exchange ? *spec.exchange : one_rank;

  bool alone() const { return exchange.size() == 1; }
  bool is_mine(const Offer& offer) const {
    return offer.position >= shard.first && offer.position < shard.first + shard.count;
  }
  std::size_t owner_of(const Offer& offer) const { return rank_of(offer.position, shards); }
  /// Positions on this rank of those that lie on it.
  std::vector<std::int64_t> own_of(std::span<const Offer> offers) const {
    std::vector<std::int64_t> positions;
    positions.reserve(offers.size());
    for (const Offer& offer : offers) {
      if (is_mine(offer)) positions.push_back(offer.position - shard.first);
    }
    return positions;
  }
  std::int64_t take_of(std::int64_t round) const {
    return spec.count / chunks + (round < spec.count % chunks ? 1 : 0);
  }

  std::vector<std::byte> gather_all(std::span<const std::byte> mine,
                                    std::span<const std::int64_t> sizes) {
    auto all = gather(exchange, place, mine, sizes);
    most_bytes = std::max(most_bytes, static_cast<std::int64_t>(mine.size() + all.size()));
    return all;
  }

  Answer answer(std::int64_t most) {
    Answer mine{.header = {0, draw->keyed(), draw->available(), draw->nan_count()}};
    if (place.round == 0) mine.moments = draw->own_moments();
    mine.offers = draw->best(most, scores);
    return mine;
  }

  /// Everybody's answers.
  std::vector<Answer> exchange_answers(Answer mine, std::int64_t most) {
    std::vector<Answer> answers;
    if (alone()) {
      answers.push_back(std::move(mine));
      return answers;
    }
    std::vector<std::int64_t> sizes;
    for (const Shard& other : shards)
      sizes.push_back(AnswerShape(other, place.round, most).bytes());
    const AnswerShape shape(shard, place.round, most);
    mine.moments.resize(at(shape.moments));
    mine.offers.resize(at(shape.offers));
    std::vector<std::byte> message;
    append<Header>(message, std::span(&mine.header, 1));
    append<Moments>(message, mine.moments);
    append<Offer>(message, mine.offers);
    const auto all = gather_all(message, sizes);
    std::span<const std::byte> bytes(all);
    for (const Shard& other : shards) {
      const AnswerShape theirs(other, place.round, most);
      Answer& next = answers.emplace_back();
      next.header = read<Header>(bytes, 1).front();
      next.moments = read<Moments>(bytes, theirs.moments);
      next.offers = read<Offer>(bytes, theirs.offers);
      next.offers.resize(at(std::min(next.header.keyed, theirs.offers)));
    }
    return answers;
  }

  /// Throws unless all ranks together have as many candidates as are to be taken.
  void check_found(std::span<const Answer> answers, std::int64_t take) {
    Header totals;
    for (const Answer& answer : answers) {
      totals.keyed += answer.header.keyed;
      totals.available += answer.header.available;
      totals.nan_count += answer.header.nan_count;
    }
    nan_count = totals.nan_count;
    if (totals.keyed >= take) return;
    const auto round = spec.first_round + static_cast<std::uint32_t>(place.round);
    refuse("select", text(take, " candidates to pick in round ", round), totals.keyed, " of ",
           shard.total, " (", nan_count, " set aside as NaN, ", totals.available - totals.keyed,
           " scored -inf)");
  }

  std::int64_t extra_bytes() const {
    return (draw ? draw->extra_bytes() : 0) + most_bytes +
           static_cast<std::int64_t>(own.size() * sizeof(double) +
                                     picked.capacity() * sizeof(Pick) + incoming.capacity() +
                                     outgoing.capacity());
  }
};

Rounds::Rounds(const SelectionSpec& spec, std::int64_t candidates, std::int64_t keys_per_rank)
    : parts_(new Parts{.spec = spec,
                       .shard = spec.exchange ? spec.shard : whole(candidates),
                       .keys_per_rank = keys_per_rank,
                       .place = {.step = spec.step}}) {}
Rounds::~Rounds() = default;

bool Rounds::alone() const { return parts_->alone(); }
std::int64_t Rounds::count() const { return parts_->chunks; }
bool Rounds::is_mean_field() const { return parts_->spec.sampling.preset == Preset::kMeanField; }

void Rounds::begin(std::span<const std::int64_t> ids, std::span<const double> own) {
  Parts& parts = *parts_;
  check_arguments(parts.spec, parts.shard, ids, std::ssize(own));
  parts.chunks = chunk_count(parts.spec);
  parts.own.assign(own.begin(), own.end());
  parts.draw.emplace(parts.spec, parts.shard, ids, parts.own);
}

/// Throws everybody's error, where there is one.
void Rounds::check_failures(const std::vector<bool>& failed) {
  if (std::find(failed.begin(), failed.end(), true) == failed.end()) return;
  if (alone()) std::rethrow_exception(failure_);
  throw_failure(parts_->exchange, parts_->place, message_of(failure_), failed);
}

Magnitudes Rounds::meet(std::uint64_t criterion, const Magnitudes& magnitudes) {
  Parts& parts = *parts_;
  Greeting mine{.shard = parts.shard, .magnitudes = magnitudes};
  attempt([&] {
    mine.terms = terms_of(parts.spec, parts.exchange, parts.shard.total, criterion);
    mine.eligible = parts.draw->available();
    mine.nan_count = parts.draw->nan_count();
  });
  mine.failed = failure_ != nullptr;
  const std::vector<std::int64_t> sizes(at(parts.exchange.size()), sizeof(Greeting));
  const auto all = parts.gather_all(std::as_bytes(std::span(&mine, 1)), sizes);
  std::span<const std::byte> bytes(all);
  const auto greetings = read<Greeting>(bytes, std::ssize(sizes));
  std::vector<bool> failed;
  for (const Greeting& greeting : greetings) failed.push_back(greeting.failed != 0);
  check_failures(failed);
  check_terms(greetings);
  Magnitudes largest{};
  std::int64_t eligible = 0;
  for (const Greeting& greeting : greetings) {
    parts.shards.push_back(greeting.shard);
    parts.eligible.push_back(greeting.eligible);
    parts.nan_count += greeting.nan_count;
    eligible += greeting.eligible;
    for (std::size_t k = 0; k < largest.size(); ++k) {
      largest[k] = std::max(largest[k], greeting.magnitudes[k]);
    }
  }
  if (eligible >= parts.spec.count) return largest;
  refuse("select", text(parts.spec.count, " eligible candidates"), eligible, " of ",
         parts.shard.total, " (", parts.nan_count, " set aside as NaN)");
}

void Rounds::draw(std::int64_t round, std::span<const double> scores) {
  parts_->scores = scores;
  parts_->draw->key_all(parts_->spec.first_round + static_cast<std::uint32_t>(round), scores);
}

void Rounds::take(std::int64_t round) {
  Parts& parts = *parts_;
  parts.place.round = round;
  const std::int64_t take = parts.take_of(round);
  std::int64_t most = likely_enough(take, parts.shards);
  if (parts.keys_per_rank > 0) most = parts.keys_per_rank;
  while (!merge(std::min(most, take), take)) most *= 2;
  for (const Offer& pick : picks_) parts.own_of_picks += pick.own;
  attempt([&] { parts.draw->remove(parts.own_of(picks_)); });
}

/// False where some rank may have better ones than the `most` that it offered.
bool Rounds::merge(std::int64_t most, std::int64_t take) {
  Parts& parts = *parts_;
  Answer mine;
  attempt([&] { mine = parts.answer(most); });
  mine.header.failed = failure_ != nullptr;
  const std::vector<Answer> answers = parts.exchange_answers(std::move(mine), most);
  std::vector<bool> failed;
  for (const Answer& answer : answers) failed.push_back(answer.header.failed != 0);
  check_failures(failed);
  parts.check_found(answers, take);
  picks_.clear();
  for (const Answer& answer : answers) {
    picks_.insert(picks_.end(), answer.offers.begin(), answer.offers.end());
  }
  if (std::ssize(picks_) < take) return false;
  if (!parts.alone()) std::sort(picks_.begin(), picks_.end(), by_key);
  picks_.resize(at(take));
  for (const Answer& answer : answers) {
    const bool has_more = most < take && answer.header.keyed > std::ssize(answer.offers);
    if (has_more && !picks_.back().before(answer.offers.back())) return false;
  }
  if (parts.place.round > 0) return true;
  for (const Answer& answer : answers) {
    for (const Moments& block : answer.moments) parts.moments.add(block);
  }
  return true;
}

void Rounds::take_all() {
  Parts& parts = *parts_;
  std::vector<Offer> mine;
  attempt([&] { mine = parts.draw->all(); });
  if (parts.alone()) {
    picks_ = std::move(mine);
    return;
  }
  mine.resize(at(parts.eligible[at(parts.exchange.rank())]));
  std::vector<std::int64_t> sizes;
  for (const std::int64_t eligible : parts.eligible) {
    sizes.push_back(eligible * static_cast<std::int64_t>(sizeof(Offer)));
  }
  const auto all = parts.gather_all(std::as_bytes(std::span(mine)), sizes);
  std::span<const std::byte> bytes(all);
  picks_ = read<Offer>(bytes, std::ssize(all) / static_cast<std::int64_t>(sizeof(Offer)));
}

void Rounds::tell(std::span<const std::int64_t> picks) {
  if (parts_->spec.on_round) attempt([&] { parts_->spec.on_round(picks); });
}

std::vector<std::int64_t> Rounds::own_picks() {
  std::sort(picks_.begin(), picks_.end(), by_id);
  return parts_->own_of(picks_);
}

std::byte* Rounds::outgoing(std::int64_t row_bytes) {
  Parts& parts = *parts_;
  parts.outgoing.clear();
  if (parts.alone() || row_bytes == 0) return nullptr;
  const auto mine = std::count_if(picks_.begin(), picks_.end(),
                                  [&](const Offer& offer) { return parts.is_mine(offer); });
  parts.outgoing.resize(at(mine * row_bytes));
  return parts.outgoing.data();
}

void Rounds::exchange_rows(std::int64_t row_bytes) {
  Parts& parts = *parts_;
  parts.row_bytes = row_bytes;
  std::sort(picks_.begin(), picks_.end(), by_id);
  if (parts.alone() || row_bytes == 0) return;
  const auto twice = std::adjacent_find(
      picks_.begin(), picks_.end(), [](const Offer& a, const Offer& b) { return a.id == b.id; });
  if (!failure_ && twice != picks_.end()) {
    failure_ = std::make_exception_ptr(
        Error(text("select: expected distinct ids, got ", twice->id, " more than once")));
  }
  std::vector<std::int64_t> sizes(parts.shards.size());
  for (const Offer& offer : picks_) sizes[parts.owner_of(offer)] += row_bytes;
  parts.outgoing.resize(at(sizes[at(parts.exchange.rank())]));  // where work failed, too
  parts.incoming.clear();
  parts.incoming = parts.gather_all(parts.outgoing, sizes);
}

std::span<const Pick> Rounds::picked() {
  Parts& parts = *parts_;
  std::vector<std::int64_t> next(parts.shards.size());  // of each rank's rows, in bytes
  for (const Offer& offer : picks_) {
    const std::size_t owner = parts.owner_of(offer);
    if (owner + 1 < next.size()) next[owner + 1] += parts.row_bytes;
  }
  for (std::size_t r = 1; r < next.size(); ++r) next[r] += next[r - 1];
  parts.picked.clear();
  parts.picked.reserve(picks_.size());
  for (const Offer& offer : picks_) {
    std::int64_t& begin = next[parts.owner_of(offer)];
    if (parts.is_mine(offer)) {
      parts.picked.push_back({offer.position - parts.shard.first, nullptr});
    } else {
      parts.picked.push_back({-1, parts.incoming.data() + begin});
    }
    begin += parts.row_bytes;
  }
  return parts.picked;
}

SelectionStatistics Rounds::statistics() const {
  const Parts& parts = *parts_;
  const auto counted = static_cast<double>(std::max<std::int64_t>(parts.moments.count, 1));
  const auto picked = static_cast<double>(parts.spec.count);
  SelectionStatistics statistics;
  statistics.backend = "criterion";
  statistics.nan_count = parts.nan_count;
  statistics.mean_own_score_super_batch = parts.moments.mean;
  statistics.own_score_deviation = std::sqrt(parts.moments.squares / counted);
  statistics.mean_own_score_picks = parts.own_of_picks / picked;
  statistics.extra_bytes =
      parts.extra_bytes() + static_cast<std::int64_t>(picks_.capacity() * sizeof(Offer));
  return statistics;
}

double milliseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

}  // namespace jest::detail

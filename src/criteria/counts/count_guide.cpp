// Rows and ids to halves, and to rows that are left out.

#include "jest/criteria/count_guide.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "criteria/counts/count_model.hpp"
#include "criteria/counts/ngram_keys.hpp"
#include "jest/core/noise.hpp"

namespace jest {
namespace {

constexpr const char* kOperation = "count guide";
constexpr std::int64_t kMostUnits = std::numeric_limits<std::uint32_t>::max();

void check_spec(const CountGuideSpec& spec) {
  const bool hashed = spec.kind == CountKind::kHashed;
  if (spec.alphabet < 1 || spec.alphabet > kMostUnits) {
    refuse(kOperation, text("an alphabet of 1 to ", kMostUnits), spec.alphabet);
  }
  const int bits = counts::NgramKeys(spec.alphabet).bits;
  if (spec.shortest < 1 || spec.longest < spec.shortest || spec.longest > 63 / bits) {
    refuse(kOperation,
           text("n-grams of 1 <= shortest <= longest <= ", 63 / bits, " units of ", bits, " bits"),
           spec.shortest, " to ", spec.longest);
  }
  if (!hashed && spec.shortest != 1) {
    refuse(kOperation, "interpolation from n-grams of 1 unit on", spec.shortest);
  }
  if (hashed && (spec.bucket_bits < 1 || spec.bucket_bits > 28)) {
    refuse(kOperation, "1 to 28 bits of buckets", spec.bucket_bits);
  }
  if (hashed && !(spec.smoothing > 0 && std::isfinite(spec.smoothing))) {
    refuse(kOperation, "a smoothing above 0", spec.smoothing);
  }
  if (!hashed && !(spec.discount > 0 && spec.discount < 1)) {
    refuse(kOperation, "a discount between 0 and 1", spec.discount);
  }
}

template <class Unit>
void check_rows(const UnitRows<Unit>& rows, std::int64_t alphabet) {
  if (rows.ends.size() != rows.ids.size()) {
    refuse(kOperation, "one id a row", rows.ids.size(), " ids of ", rows.ends.size(), " rows");
  }
  const std::int64_t last = rows.ends.empty() ? 0 : rows.ends.back();
  const bool ascending =
      std::ranges::is_sorted(rows.ends) && (rows.ends.empty() || rows.ends[0] >= 0);
  if (!ascending || last != std::ssize(rows.units)) {
    refuse(kOperation, text("ends of rows, ascending to ", rows.units.size()), "others");
  }
  if (std::ranges::any_of(rows.ids, [](std::int64_t id) { return id < 0; })) {
    refuse(kOperation, "ids of at least 0", std::ranges::min(rows.ids));
  }
  if (rows.units.empty()) return;
  const std::int64_t largest = std::ranges::max(rows.units);
  if (largest >= alphabet) refuse(kOperation, text("units below ", alphabet), largest);
  if (last > kMostUnits) refuse(kOperation, text("at most ", kMostUnits, " units"), last);
}

template <class Unit>
std::span<const Unit> row_of(const UnitRows<Unit>& rows, std::size_t row) {
  const std::int64_t begin = row == 0 ? 0 : rows.ends[row - 1];
  return rows.units.subspan(static_cast<std::size_t>(begin),
                            static_cast<std::size_t>(rows.ends[row] - begin));
}

}  // namespace

int background_half(std::uint64_t seed, std::int64_t id) {
  return uniform_noise({.seed = seed, .step = 0}, id, 0) < 0.5 ? 0 : 1;
}

std::vector<std::uint32_t> hashed_words(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r\n\f\v";
  std::vector<std::uint32_t> words;
  std::size_t begin = text.find_first_not_of(kSpaces);
  while (begin != text.npos) {
    const std::size_t end = std::min(text.find_first_of(kSpaces, begin), text.size());
    words.push_back(static_cast<std::uint32_t>(fnv1a(text.substr(begin, end - begin)) >> 43));
    begin = text.find_first_not_of(kSpaces, end);
  }
  return words;
}

template <class Unit>
CountGuide::CountGuide(const UnitRows<Unit>& curated, const UnitRows<Unit>& background,
                       const CountGuideSpec& spec)
    : spec_(spec), curated_(curated.ids.begin(), curated.ids.end()) {
  check_spec(spec);
  check_rows(curated, spec.alphabet);
  check_rows(background, spec.alphabet);
  if (curated.units.empty()) refuse(kOperation, "a curated row that is not empty", "none");
  std::ranges::sort(curated_);
  auto model = spec.kind == CountKind::kHashed ? hashed_counts(spec) : interpolated_counts(spec);
  for (std::size_t row = 0; row < curated.ids.size(); ++row) {
    operations_ += model->add(row_of(curated, row), CountModel::kCurated);
  }
  if (operations_ == 0) {
    refuse(kOperation, text("a curated row of at least ", spec.shortest, " units"), "shorter ones");
  }
  double additions[2] = {};
  for (std::size_t row = 0; row < background.ids.size(); ++row) {
    const int half = background_half(spec.seed, background.ids[row]);
    additions[half] += model->add(row_of(background, row), half);
  }
  if (additions[0] == 0 || additions[1] == 0) {
    refuse(kOperation, "background rows in both halves (more rows, or another seed)",
           background.ids.size(), " rows, and a half without n-grams");
  }
  operations_ += additions[0] + additions[1] + model->finish();
  model_ = std::move(model);
}

template <class Unit>
CountedLosses CountGuide::losses(const UnitRows<Unit>& rows) const {
  check_rows(rows, spec_.alphabet);
  CountedLosses answer;
  answer.losses.reserve(rows.ids.size());
  for (std::size_t row = 0; row < rows.ids.size(); ++row) {
    const std::span<const Unit> units = row_of(rows, row);
    const auto [first, last] = std::equal_range(curated_.begin(), curated_.end(), rows.ids[row]);
    const CountModel::Sum sum = model_->sum(
        units, {.half = 1 - background_half(spec_.seed, rows.ids[row]), .copies = last - first});
    const double length = static_cast<double>(std::max<std::size_t>(units.size(), 1));
    answer.losses.push_back(static_cast<float>(sum.nats / length));
    answer.operations += sum.operations;
  }
  return answer;
}

template CountGuide::CountGuide(const UnitRows<std::uint8_t>&, const UnitRows<std::uint8_t>&,
                                const CountGuideSpec&);
template CountGuide::CountGuide(const UnitRows<std::uint32_t>&, const UnitRows<std::uint32_t>&,
                                const CountGuideSpec&);
template CountedLosses CountGuide::losses(const UnitRows<std::uint8_t>&) const;
template CountedLosses CountGuide::losses(const UnitRows<std::uint32_t>&) const;

}  // namespace jest

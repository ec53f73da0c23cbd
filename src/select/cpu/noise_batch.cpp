// The vector twin of core/noise.hpp: same operations, same order, same bits.
#include "noise_batch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "select/cpu/noise_batch.cpp"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include "doubles-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace jest::detail::HWY_NAMESPACE {

#if JEST_HAS_DOUBLES

using Words = hn::ScalableTag<std::uint64_t>;
using Halves = hn::Repartition<std::uint32_t, Words>;
using Word = hn::Vec<Words>;

/// The four counter words of as many candidates as a vector holds, each in the lower half of 64
/// bits.
struct Counters {
  Word word[4];
};

HWY_INLINE Word product(std::uint64_t factor, Word counter) {
  const Halves halves;
  return hn::MulEven(hn::BitCast(halves, hn::Set(Words(), factor)), hn::BitCast(halves, counter));
}

HWY_INLINE Counters philox(Counters c, PhiloxKey key) {
  const Word low = hn::Set(Words(), 0xffffffff);
  for (int round = 0; round < 10; ++round) {
    const Word product0 = product(kPhiloxMultiplier0, c.word[0]);
    const Word product1 = product(kPhiloxMultiplier1, c.word[2]);
    const Word key0 = hn::Set(Words(), key[0]);
    const Word key1 = hn::Set(Words(), key[1]);
    c = {hn::Xor(hn::Xor(hn::ShiftRight<32>(product1), c.word[1]), key0), hn::And(product1, low),
         hn::Xor(hn::Xor(hn::ShiftRight<32>(product0), c.word[3]), key1), hn::And(product0, low)};
    key = {key[0] + kPhiloxWeyl0, key[1] + kPhiloxWeyl1};
  }
  return c;
}

std::size_t gumbel(const NoiseKey& key, std::uint32_t round, std::span<const std::int64_t> ids,
                   double* noise) {
  const Words words;
  const Word low = hn::Set(words, 0xffffffff);
  const Word upper26 = hn::Set(words, 0xffffffc0);
  std::size_t k = 0;
  for (; k + hn::Lanes(words) <= ids.size(); k += hn::Lanes(words)) {
    const Word id = hn::BitCast(words, hn::LoadU(Signed(), ids.data() + k));
    const Counters out = philox({{hn::And(id, low), hn::ShiftRight<32>(id),
                                  hn::Set(words, key.step), hn::Set(words, round)}},
                                {low_word(key.seed), high_word(key.seed)});
    const Word high_bits = hn::ShiftLeft<20>(hn::And(out.word[0], upper26));
    const Word bits = hn::Or(high_bits, hn::ShiftRight<6>(out.word[1]));
    // Below 2^52, so a double's mantissa takes it as it is: 2^52 + bits, less 2^52.
    const Double magic = constant(0x1p52);
    const Word raised = hn::Or(bits, hn::BitCast(words, magic));
    const Double whole = hn::Sub(hn::BitCast(Doubles(), raised), magic);
    const Double u = hn::Mul(hn::Add(whole, constant(0.5)), constant(0x1p-52));
    hn::StoreU(hn::Neg(log_of(hn::Neg(log_of(u)))), Doubles(), noise + k);
  }
  return k;
}

#else

std::size_t gumbel(const NoiseKey&, std::uint32_t, std::span<const std::int64_t>, double*) {
  return 0;
}

#endif

}  // namespace jest::detail::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace jest::detail {
namespace {

HWY_EXPORT(gumbel);

}  // namespace

void gumbel_noise_batch(const NoiseKey& key, std::uint32_t round, std::span<const std::int64_t> ids,
                        double* noise) {
  const std::size_t done = HWY_DYNAMIC_DISPATCH(gumbel)(key, round, ids, noise);
  for (std::size_t k = done; k < ids.size(); ++k) noise[k] = gumbel_noise(key, ids[k], round);
}

}  // namespace jest::detail
#endif

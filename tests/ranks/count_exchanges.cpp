// Bytes that every exchange of a selection over ranks brings to a rank, in order, counted among
// threads that play the ranks; for cost_model_test.py.
//
//   count_exchanges RANKS CANDIDATES COUNT CHUNKS LEARNER_WIDTH REFERENCE_WIDTH BYTES_OF_A_NUMBER
#include <cstdlib>
#include <iostream>
#include <vector>

#include "jest/select/select.hpp"
#include "oracle/random_embeddings.hpp"
#include "oracle/shares.hpp"
#include "oracle/thread_ranks.hpp"

namespace {

using jest::oracle::ThreadRank;

std::vector<std::int64_t> bytes_of_exchanges(const std::vector<std::int64_t>& words) {
  const jest::oracle::TwoModels models{jest::oracle::random_embeddings({words[1], words[4]}, 1),
                                       jest::oracle::random_embeddings({words[1], words[5]}, 2)};
  const auto pairs = models.pairs<jest::SigmoidPairs>();
  const jest::SelectionSpec spec{
      .count = words[2],
      .sampling = {.chunks = words[3], .gain = 1},
      .seed = 3,
      .backend = words[6] == 2 ? jest::Backend::kCpuBf16 : jest::Backend::kCpu};
  const int ranks = static_cast<int>(words[0]);
  std::vector<std::vector<std::int64_t>> bytes(static_cast<std::size_t>(ranks));
  const auto errors = jest::oracle::errors_of_ranks(ranks, [&](ThreadRank& rank) {
    const jest::Shard shard = jest::shard_of(words[1], ranks, rank.rank());
    jest::select(jest::oracle::part_of(pairs, shard), jest::oracle::over(spec, shard, rank));
    bytes[static_cast<std::size_t>(rank.rank())] = rank.bytes;
  });
  for (const std::string& error : errors) {
    if (!error.empty()) throw jest::Error(error);
  }
  for (const auto& other : bytes) {
    if (other != bytes[0]) jest::refuse("count_exchanges", "the same bytes on all ranks", "others");
  }
  return bytes[0];
}

}  // namespace

int main(int count, char** words) {
  try {
    if (count != 8) jest::refuse("count_exchanges", "seven numbers", count - 1);
    std::vector<std::int64_t> numbers;
    for (int k = 1; k < count; ++k) numbers.push_back(std::atoll(words[k]));
    for (const std::int64_t bytes : bytes_of_exchanges(numbers)) std::cout << bytes << '\n';
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

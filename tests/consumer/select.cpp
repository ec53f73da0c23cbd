// Uses jest::core on memory of its own. What is picked can be known beforehand: two candidates of
// eight are learnable, because the reference matches their pairs and no other.

#include <cstdint>
#include <cstdio>
#include <span>
#include <utility>
#include <vector>

#include "jest/io/safetensors.hpp"
#include "jest/select.hpp"

namespace {

constexpr std::int64_t kCandidates = 8;
const std::vector<std::int64_t> kLearnable = {2, 5};

/// [8, 2]: rows (1, 0), but (0, 1) at `turned`.
std::vector<float> unit_rows(const std::vector<std::int64_t>& turned) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < kCandidates; ++i) values.insert(values.end(), {1, 0});
  for (const std::int64_t i : turned) std::swap(values[2 * i], values[2 * i + 1]);
  return values;
}

jest::EmbeddingsView view(const std::vector<float>& x, const std::vector<float>& y) {
  return {jest::matrix_view(x.data(), kCandidates, 2), jest::matrix_view(y.data(), kCandidates, 2),
          /*scale=*/4, /*bias=*/-2};
}

int failed(const char* what) {
  std::fprintf(stderr, "consumer: %s\n", what);
  return 1;
}

}  // namespace

int main() {
  const std::vector<float> all_turned = unit_rows({0, 1, 2, 3, 4, 5, 6, 7});
  const std::vector<float> not_turned = unit_rows({});
  const std::vector<float> some_turned = unit_rows(kLearnable);
  const jest::SigmoidPairs pairs{
      {.learner = view(all_turned, not_turned), .reference = view(all_turned, some_turned)}};
  const jest::Selection picks =
      jest::select(pairs, {.count = 2, .sampling = {.preset = jest::Preset::kTopK}});
  if (picks.indices != kLearnable) return failed("other picks than the learnable candidates");

  // In the library file, not in a header, and on zlib: links only when the package names both.
  const jest::ArrayView array{"F32", {kCandidates, 2}, std::as_bytes(std::span(not_turned))};
  if (jest::checksum(std::span(&array, 1)).size() != 8) return failed("a strange checksum");
  std::printf("consumer: picked 2 and 5\n");
  return 0;
}

#include "select/answer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "jest/select/select.hpp"
#include "select/embedding_file.hpp"

namespace jest::apps::select {
namespace {

/// The files that were named. A model without weight may lack one; given, it is asked for ids only.
struct Inputs {
  std::optional<EmbeddingFile> learner;
  std::optional<EmbeddingFile> reference;

  explicit Inputs(const SelectArguments& arguments) {
    if (!arguments.learner().empty()) learner.emplace(arguments.learner());
    if (!arguments.reference().empty()) reference.emplace(arguments.reference());
  }

  std::span<const std::int64_t> ids() {
    const auto first = learner ? learner->ids() : std::span<const std::int64_t>{};
    const auto second = reference ? reference->ids() : std::span<const std::int64_t>{};
    if (first.empty() || second.empty()) return first.empty() ? second : first;
    const auto [at, other] =
        std::mismatch(first.begin(), first.end(), second.begin(), second.end());
    if (first.size() != second.size()) {
      refuse("ids", "equally many in both files", first.size(), " and ", second.size());
    }
    if (at != first.end()) {
      refuse("ids", "equal ones in both files", *at, " and ", *other, " at row ",
             at - first.begin());
    }
    return first;
  }
};

template <class Pairs>
Selection select_from(Inputs& inputs, const SelectArguments& arguments) {
  const bool biased = arguments.contrast() == Contrast::kSigmoid;
  const auto view = [biased](EmbeddingFile& file) {
    return biased ? file.biased() : file.unbiased();
  };
  Pairs pairs;
  pairs.weights = arguments.weights();
  if (pairs.weights.learner != 0) pairs.learner = view(*inputs.learner);
  if (pairs.weights.reference != 0) pairs.reference = view(*inputs.reference);
  pairs.ids = inputs.ids();
  return jest::select(pairs, arguments.spec());
}

nlohmann::ordered_json json_of(const Selection& selection) {
  const SelectionStatistics& statistics = selection.statistics;
  return {{"indices", selection.indices},
          {"scores", selection.scores},
          {"statistics",
           {{"backend", statistics.backend},
            {"instruction_set", statistics.instruction_set},
            {"fell_back", statistics.fell_back},
            {"select_ms", statistics.select_ms},
            {"extra_bytes", statistics.extra_bytes},
            {"nan_count", statistics.nan_count},
            {"mean_own_score_super_batch", statistics.mean_own_score_super_batch},
            {"mean_own_score_picks", statistics.mean_own_score_picks}}}};
}

}  // namespace

std::string select_answer(const SelectArguments& arguments) {
  arguments.check();
  Inputs inputs(arguments);
  const Selection selection = arguments.contrast() == Contrast::kSigmoid
                                  ? select_from<SigmoidPairs>(inputs, arguments)
                                  : select_from<SoftmaxPairs>(inputs, arguments);
  return json_of(selection).dump();
}

}  // namespace jest::apps::select

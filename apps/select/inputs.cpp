#include "select/inputs.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "jest/select/select.hpp"

namespace jest::apps::select {
namespace {

using cached::CachedIds;
using cached::CachedModel;

/// Those of both models, which have to be the same where both have some.
CachedIds joined(const CachedIds& first, const CachedIds& second) {
  if (first.ids.empty() || second.ids.empty()) return first.ids.empty() ? second : first;
  if (first.ids.size() != second.ids.size()) {
    refuse("ids", "equally many in both files", first.ids.size(), " and ", second.ids.size());
  }
  const auto [at, other] = std::ranges::mismatch(first.ids, second.ids);
  if (at != first.ids.end()) {
    refuse("ids", "equal ones in both files", *at, " and ", *other, " at row ",
           at - first.ids.begin());
  }
  return first.uids.empty() ? second : first;
}

}  // namespace

Inputs::Inputs(const SelectArguments& arguments) : arguments_(arguments) {
  cached::CachedFiles learner = arguments.learner(), reference = arguments.reference();
  const ScoreWeights weights = arguments.weights();
  (weights.learner != 0 ? learner : reference).ids = arguments.ids();
  const auto open = [this](const char* name, const cached::CachedFiles& files, double weight,
                           std::optional<CachedModel>& model) {
    if (weight == 0) return cached::ids_alone(files);
    return model.emplace(name, files).ids();
  };
  const CachedIds of_learner = open("--learner", learner, weights.learner, learner_);
  const CachedIds of_reference = open("--reference", reference, weights.reference, reference_);
  if (arguments.ids().empty()) {
    ids_ = joined(of_learner, of_reference);
  } else {
    ids_ = weights.learner != 0 ? of_learner : of_reference;
  }
  for (auto* model : {&learner_, &reference_}) {
    if (*model) (*model)->forget_sources();
  }
  if (learner_ && reference_ && learner_->has_losses() != reference_->has_losses()) {
    refuse("--learner and --reference", "embeddings of both, or losses of both", "one of each");
  }
  const cached::CachedFiles curated = arguments.curated();
  if (curated.empty() || !reference_ || has_losses()) return;
  const CachedModel pairs("--reference-curated", curated);
  fit_ = fit_scale_and_bias(pairs.x(), pairs.y(), arguments.contrast(),
                            std::max<std::int64_t>(arguments.spec().count, 2));
}

std::int64_t Inputs::candidates() const { return (learner_ ? learner_ : reference_)->rows(); }

void Inputs::expect_unchanged() const {
  for (const auto* model : {&learner_, &reference_}) {
    if (*model) (*model)->expect_unchanged();
  }
}

bool Inputs::has_losses() const { return (learner_ ? learner_ : reference_)->has_losses(); }

EmbeddingsView Inputs::view(const std::optional<CachedModel>& model, const std::string& name,
                            const std::optional<LogitFit>& fit) const {
  if (fit) return {model->x(), model->y(), fit->scale, fit->bias};
  const bool biased = arguments_.contrast() == Contrast::kSigmoid;
  const auto missing = [&](const char* what) {
    refuse(name,
           text("a logit ", what, ": an array ", what, ", ", name, "-", what,
                ", or what jest-select calibrate fits to curated pairs"),
           "none");
  };
  if (!model->scale()) missing("scale");
  if (biased && !model->bias()) missing("bias");
  const EmbeddingsView view{model->x(), model->y(), *model->scale(), biased ? *model->bias() : 0};
  check_embeddings(name, view);
  return view;
}

template <class Pairs>
Selection Inputs::select_pairs(const SelectionSpec& spec) const {
  Pairs pairs;
  pairs.weights = arguments_.weights();
  if (pairs.weights.learner != 0) pairs.learner = view(learner_, "--learner", {});
  if (pairs.weights.reference != 0) pairs.reference = view(reference_, "--reference", fit_);
  pairs.ids = ids_.ids;
  return jest::select(pairs, spec);
}

Selection Inputs::select(std::int64_t step) const {
  SelectionSpec spec = arguments_.spec();
  spec.step = step;
  if (!has_losses()) {
    return arguments_.contrast() == Contrast::kSigmoid ? select_pairs<SigmoidPairs>(spec)
                                                       : select_pairs<SoftmaxPairs>(spec);
  }
  Losses losses{.learner = {}, .reference = {}, .ids = ids_.ids};
  const ScoreWeights weights = arguments_.weights();
  if (weights.learner != 0) losses.learner = learner_->losses();
  if (weights.reference != 0) losses.reference = reference_->losses();
  return jest::select(losses, spec, weights);
}

bool Inputs::takes_strangers_for_matches() const {
  const bool asked = reference_ && !has_losses() && arguments_.contrast() == Contrast::kSigmoid &&
                     reference_->rows() > 1;
  return asked &&
         mean_match_of_strangers(view(reference_, "--reference", fit_)) > kMatchOfStrangers;
}

std::string calibration_answer(const cached::CachedFiles& files, Contrast contrast,
                               std::optional<std::int64_t> batch) {
  if (batch && *batch < 2) refuse("--batch", "at least two pairs", *batch);
  if (files.empty()) refuse("--embeddings", "a file, or --embeddings-x and --embeddings-y", "none");
  cached::expect_cached_files("--embeddings", files);
  const CachedModel model("--embeddings", files);
  const LogitFit fit = fit_scale_and_bias(model.x(), model.y(), contrast, batch.value_or(0));
  const nlohmann::ordered_json json{{"scale", fit.scale}, {"bias", fit.bias}, {"pairs", fit.pairs}};
  return json.dump();
}

}  // namespace jest::apps::select

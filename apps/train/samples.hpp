#pragma once
// A look at what was picked and what was passed over, for the report.

#include <algorithm>
#include <string>

#include "jest/learner/scoring.hpp"
#include "jest/select/selection.hpp"
#include "train/reference_run.hpp"

namespace jest::apps::train {

/// Loss of each example by itself, [n].
template <class Model, class Batch>
at::Tensor own_losses_of(Model& model, const Batch& batch, const ScoringSpec& spec = {}) {
  if constexpr (EmbedsPairs<Model, Batch>) {
    return own_losses(score_embeddings(model, batch, spec), Contrast::kSigmoid);
  } else {
    return score_losses(model, batch, spec);
  }
}

/// Learner and reference at one step.
template <Task T>
struct SampleContext {
  const T& task;
  std::int64_t step = 0;  ///< counted as in the other lines: steps done after this one
  typename T::Model learner;
  ReferenceRun<T>& reference;
};

inline at::Tensor stored_losses_of(const EmbeddingStore& store, std::span<const std::int64_t> ids) {
  return own_losses(store.gather(ids), Contrast::kSigmoid);
}
inline at::Tensor stored_losses_of(const LossStore& store, std::span<const std::int64_t> ids) {
  return store.gather(ids);
}

/// The reference's, of a model that runs or of what one said.
template <Task T>
at::Tensor reference_losses_of(ReferenceRun<T>& reference, const typename T::Batch& batch) {
  if (reference.runs()) return own_losses_of(reference.model, batch);
  if (reference.counted) return stored_losses_of(reference.counted->store, batch.ids());
  return stored_losses_of(reference.cached->store, batch.ids());
}

template <Task T>
nlohmann::ordered_json describe_examples(const typename T::Batch& batch,
                                         SampleContext<T>& context) {
  const auto& table = batch.rows().table();
  const at::Tensor scores = own_losses_of(context.learner, batch).cpu() -
                            reference_losses_of(context.reference, batch).cpu();
  auto rows = nlohmann::ordered_json::array();
  for (std::int64_t k = 0; k < batch.rows().size(); ++k) {
    const std::int64_t row = batch.rows().rows()[k];
    nlohmann::ordered_json json{{"id", table.ids[row]}};
    json.update(context.task.show(table, row));
    json["score"] = scores[k].template item<double>();
    if (!table.tags.empty()) json["tag"] = table.tag_names[table.tags[row]];
    rows.push_back(json);
  }
  return rows;
}

/// A "samples" line of metrics.jsonl: some examples of each kind with their own learnability.
template <Task T>
std::string sample_line(const typename T::Batch& super_batch, const Selection& picks,
                        SampleContext<T> context) {
  constexpr std::size_t kSamples = 8;
  std::vector<std::int64_t> picked = picks.indices;
  picked.resize(std::min(picked.size(), kSamples));
  std::vector<std::int64_t> passed_over;
  for (std::int64_t i = 0; i < super_batch.rows().size() && passed_over.size() < kSamples; ++i) {
    if (std::find(picks.indices.begin(), picks.indices.end(), i) == picks.indices.end()) {
      passed_over.push_back(i);
    }
  }
  nlohmann::ordered_json json{{"event", "samples"}, {"step", context.step}};
  json["picked"] = describe_examples(super_batch.at(picked), context);
  json["passed_over"] = passed_over.empty()
                            ? nlohmann::ordered_json::array()
                            : describe_examples(super_batch.at(passed_over), context);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace jest::apps::train

#include "train/samples.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "jest/model/scoring.hpp"

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSamples = 8;

/// Loss of each pair by itself, [n].
at::Tensor own_losses(TextTowers& towers, const TextPairBatch& batch) {
  const Embeddings e = score_embeddings(towers, batch, {});
  const at::Tensor logits = (e.x * e.y).sum(1) * e.scale + e.bias;
  return torch::nn::functional::softplus(-logits);
}

Json describe_pairs(const TextPairBatch& batch, SampleContext& context) {
  const PairTable& table = batch.pairs().table;
  const at::Tensor scores =
      own_losses(context.learner, batch) - own_losses(context.reference, batch);
  Json rows = Json::array();
  for (std::size_t k = 0; k < batch.rows().size(); ++k) {
    const std::int64_t row = batch.rows()[k];
    Json json{{"id", table.ids[row]},
              {"x", table.x[row]},
              {"y", table.y[row]},
              {"score", scores[static_cast<std::int64_t>(k)].item<double>()}};
    if (!table.tags.empty()) json["tag"] = table.tag_names[table.tags[row]];
    rows.push_back(json);
  }
  return rows;
}

}  // namespace

std::string sample_line(const TextPairBatch& super_batch, const Selection& picks,
                        SampleContext context) {
  std::vector<std::int64_t> picked = picks.indices;
  picked.resize(std::min(picked.size(), kSamples));
  std::vector<std::int64_t> passed_over;
  const auto candidates = static_cast<std::int64_t>(super_batch.rows().size());
  for (std::int64_t i = 0; i < candidates && passed_over.size() < kSamples; ++i) {
    if (std::find(picks.indices.begin(), picks.indices.end(), i) == picks.indices.end()) {
      passed_over.push_back(i);
    }
  }
  Json json{{"event", "samples"}, {"step", context.step}};
  json["picked"] = describe_pairs(super_batch.at(picked), context);
  json["passed_over"] =
      passed_over.empty() ? Json::array() : describe_pairs(super_batch.at(passed_over), context);
  return json.dump();
}

}  // namespace jest

#include "train/reference_run.hpp"

#include <numeric>

#include "jest/io/atomic_file.hpp"
#include "jest/model/fingerprint.hpp"
#include "jest/model/scoring.hpp"
#include "jest/train/fused_adam.hpp"
#include "jest/train/sinks.hpp"
#include "train/arm_run.hpp"

namespace jest {
namespace {

namespace fs = std::filesystem;

double number(const Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? 0 : std::strtod(found->second.c_str(), nullptr);
}

/// Shortest digits that read back as the same number.
std::string exact(double value) { return nlohmann::json(value).dump(); }

ReferenceRun load_reference(const fs::path& path, double features) {
  const SafetensorsFile file(path);
  ReferenceRun run{.model = load_text_towers(file)};
  run.forward_flops = forward_flops(run.model->spec(), features);
  run.flops = number(file.metadata(), "training_flops");
  run.seconds = number(file.metadata(), "training_seconds");
  return run;
}

/// A new reference must not depend on the seed of an arm.
constexpr std::uint64_t kReferenceSeed = 0;

void train_reference(const PairsOptions& options, const ExperimentData& data,
                     const fs::path& result) {
  const fs::path folder = options.out / "reference";
  fs::create_directories(folder);
  TextTowers towers = make_text_towers(reference_spec(options), kReferenceSeed);
  const auto optimizer = fused_adam(towers->parameters(), {.learning_rate = options.learning_rate});
  Learner learner(towers, *optimizer);
  UniformScorer scorer(options.count, kReferenceSeed);
  const GuideSource source(data.curated, data.pool,
                           {.count = options.count,
                            .negatives = options.reference_negatives,
                            .dropout = options.reference_dropout,
                            .seed = kReferenceSeed});
  TrainerSpec spec = trainer_spec(options, options.reference_steps, kReferenceSeed);
  spec.selection = {};
  spec.checkpoints = folder / "checkpoints";
  // A curated pair's share of the negatives costs as much as the pair itself would.
  const double pairs = 1 + static_cast<double>(options.reference_negatives) / options.count;
  const double forward = pairs * forward_flops(towers->spec(), data.features_per_pair());
  spec.sinks = run_sinks("reference", folder, {.learner = forward});
  Trainer trainer(source, learner, scorer, spec);
  trainer.evaluate = [&] { return evaluate_towers(towers, *data.eval); };
  const TrainerState& state = trainer.run();
  const double flops = count_flops(state.examples, {.learner = forward}).run();
  save_text_towers(
      result, towers,
      {{"training_flops", exact(flops)}, {"training_seconds", exact(state.seconds.steps())}});
}

}  // namespace

ReferenceRun prepare_reference(const PairsOptions& options, const ExperimentData& data) {
  const fs::path result = options.out / "reference.safetensors";
  if (!fs::exists(result)) {
    if (options.reference.empty()) {
      train_reference(options, data, result);
    } else {
      write_file(result, read_file(options.reference));
    }
  }
  return load_reference(result, data.features_per_pair());
}

EmbeddingStore prepare_store(const PairsOptions& options, const ExperimentData& data,
                             ReferenceRun& reference) {
  const fs::path path = options.out / "reference_embeddings.safetensors";
  const std::string fingerprint = model_fingerprint(*reference.model);
  if (!fs::exists(path)) {
    const TextPairBatch pool(data.pool, all_rows(data.pool->table));
    const Embeddings embeddings =
        score_embeddings(reference.model, pool, {.micro_batch = kMicroBatch});
    const at::Tensor ids = torch::tensor(data.pool->table.ids, at::kLong);
    write_embedding_store(path, {embeddings, ids, fingerprint});
  }
  return {path, fingerprint};
}

}  // namespace jest

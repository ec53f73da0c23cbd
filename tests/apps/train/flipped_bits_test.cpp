// One bit of what a finished run of jest-train left is another: its record, models and metrics.
#include <gmock/gmock.h>
#include <torch/torch.h>

#include "jest/methods/methods.hpp"
#include "jest/train/metrics.hpp"
#include "oracle/flipped_bits.hpp"
#include "oracle/temporary_folder.hpp"
#include "train/model_file.hpp"
#include "train/run_folder.hpp"
#include "train/summary.hpp"

namespace jest::apps::train {
namespace {

constexpr int kBitsOfAKey = 8 * 12;

TEST(FlippedBitsOfARun, AreFoundInItsRecord) {
  const oracle::TemporaryFolder folder;
  const auto run = folder.file("run");
  const nlohmann::ordered_json identity{{"steps", 10}, {"arms", {"joint"}}, {"rate", 0.25}};
  { const FolderLock lock = claim_folder({run, identity, false}); }
  const auto answer = [&] {
    const FolderLock lock = claim_folder({run, identity, true});
    return std::string("the same experiment");
  };
  // No bit makes another answer; nothing reads how the numbers are blanked out.
  oracle::expect_no_bit_is_believed(run / "run.json", "run", answer, 8);
}

TEST(FlippedBitsOfARun, AreFoundInItsModel) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.file("model.safetensors");
  torch::nn::Linear module(3, 2);
  save_model(path, *module, {{"architecture", "one layer"}, {"training_flops", "120"}});
  const auto answer = [&] {
    const SafetensorsFile file(path);
    expect_architecture(file, "one layer");
    torch::nn::Linear loaded(3, 2);
    load_parameters(file, *loaded);
    return model_fingerprint(*loaded) + file.metadata().at("training_flops");
  };
  oracle::expect_no_bit_is_believed(path, "model.safetensors", answer, kBitsOfAKey);
}

TEST(FlippedBitsOfARun, AreFoundInItsMetrics) {
  const oracle::TemporaryFolder folder;
  const auto path = folder.file("metrics.jsonl");
  {
    JsonLinesSink sink(path, {.learner = 2});
    StepMetrics step;
    step.step = 1;
    EvaluationMetrics evaluation;
    evaluation.step = 1;
    evaluation.values = {{"r_at_1", 0.25}};
    sink.step(step);
    sink.evaluation(evaluation);
  }
  const auto answer = [&] {
    return summarize_run({.run = {.arm = {.name = "uniform", .method = kUniform}, .seed = 1},
                          .method = kUniform,
                          .folder = path.parent_path(),
                          .once = {},
                          .measures = {{.name = "r_at_1", .label = "R@1"}}})
        .dump();
  };
  oracle::expect_no_bit_is_believed(path, "metrics.jsonl", answer, 2 * kBitsOfAKey);
}

}  // namespace
}  // namespace jest::apps::train

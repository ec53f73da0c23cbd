#include "select/arguments.hpp"

#include "input_file.hpp"
#include "jest/select/cuda.hpp"
#include "select/option_values.hpp"

namespace jest::apps::select {
namespace {

constexpr Named<ScoreWeights> kScores[] = {{"learnability", kLearnability},
                                           {"hard-learner", kHardLearner},
                                           {"easy-reference", kEasyReference}};

constexpr std::int64_t kMostThreads = 1024;

}  // namespace

SelectArguments::SelectArguments(CLI::App& app) {
  app.get_formatter()->column_width(26);
  add_files(app);
  add_sampling(app);
  add_scoring(app);
  add_running(app);
}

void SelectArguments::add_files(CLI::App& app) {
  app.add_option("--learner", learner_, "embeddings of the learner (safetensors)")
      ->type_name("FILE");
  app.add_option("--reference", reference_, "embeddings of the reference (safetensors)")
      ->type_name("FILE");
}

void SelectArguments::add_sampling(CLI::App& app) {
  add_integer(app, {"--count", "b", "how many examples to pick"}, AtLeast{1},
              [this](std::int64_t value) { spec_.count = value; })
      ->required();
  add_name(app, {"--preset", "NAME", "joint, independent, topk, mean-field,\ngreedy or uniform"},
           kPresets, [this](Preset value) { spec_.sampling.preset = value; });
  add_integer(app, {"--chunks", "N", "rounds of the joint preset [16, or b if less]"}, AtLeast{1},
              [this](std::int64_t value) { spec_.sampling.chunks = value; });
  add_real(app, {"--gain", "G", "weight of scores against noise [100]"},
           [this](double value) { spec_.sampling.gain = value; });
  add_integer(app, {"--seed", "S", "of the noise, 0 to 2^64-1 [0]"}, AtLeast<std::uint64_t>{0},
              [this](std::uint64_t value) { spec_.seed = value; });
  add_integer(app, {"--step", "T", "of training, 0 to 2^32-1: fresh noise each [0]"},
              AtLeast<std::uint32_t>{0}, [this](std::uint32_t value) { spec_.step = value; });
}

void SelectArguments::add_scoring(CLI::App& app) {
  add_name(app, {"--criterion", "NAME", "sigmoid or softmax [sigmoid]"}, kContrasts,
           [this](Contrast value) { contrast_ = value; });
  add_name(app, {"--score", "NAME", "learnability, hard-learner or\neasy-reference [learnability]"},
           kScores, [this](const ScoreWeights& value) { score_ = value; });
  add_real(app, {"--interaction", "K", "weight of the pair terms [1]"},
           [this](double value) { spec_.sampling.interaction.value = value; });
}

void SelectArguments::add_running(CLI::App& app) {
  add_name(app,
           {"--backend", "NAME",
            "eigen (double precision), cpu (faster),\ncpu-bf16, cuda or default: the fastest\nthat "
            "is not approximate [eigen]"},
           kBackends, [this](Backend value) { spec_.backend = value; });
  add_integer(app, {"--threads", "T", "never changes the answer [1]"}, AtLeast{1},
              [this](std::int64_t value) {
                if (value > kMostThreads) {
                  refuse("--threads", text("at most ", kMostThreads), value);
                }
                spec_.threads = static_cast<int>(value);
              });
}

void SelectArguments::check() const {
  chunk_count(spec_);
  if (spec_.sampling.gain < 0)
    refuse("--gain", "a finite number of at least 0", spec_.sampling.gain);
  if (spec_.backend == Backend::kCuda && !cuda::available()) {
    refuse("--backend", "a backend of this build (eigen, cpu, cpu-bf16)", "cuda");
  }
  if (score_.learner != 0 && learner_.empty()) refuse("--learner", "a file", "none");
  if (score_.reference != 0 && reference_.empty()) refuse("--reference", "a file", "none");
  if (!learner_.empty()) expect_file("--learner", learner_);
  if (!reference_.empty()) expect_file("--reference", reference_);
}

}  // namespace jest::apps::select

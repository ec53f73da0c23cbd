// A decoder trained on token files, on what a guide of Llama's shape finds learnable.
//
// Two made-up languages share a pool, most of it the wrong one; the guide knows the other. Token
// files are nanoGPT's, models are folders of Hugging Face's: put yours in their places.

#include <torch/torch.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include "jest/data/token_table.hpp"
#include "jest/jest.hpp"
#include "jest/learner/decoder.hpp"
#include "jest/train/fused_adam.hpp"

namespace {

/// Sentences of one language: its next token is a function of the one before, mostly.
void write_tokens(const std::filesystem::path& path, std::vector<int> languages) {
  std::mt19937 generator(7);
  std::vector<std::uint16_t> tokens;
  for (int sentence = 0; sentence < 3000; ++sentence) {
    const int language = languages[generator() % languages.size()];
    std::uint16_t token = 1 + generator() % 30;
    for (int k = 0; k < 12; ++k) {
      tokens.push_back(token);
      token = generator() % 8 == 0 ? 1 + generator() % 30 : 1 + (token * (5 + 6 * language)) % 31;
    }
    tokens.push_back(0);  // ends a document
  }
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(tokens.data()), 2 * std::ssize(tokens));
}

std::shared_ptr<const jest::TokenTable> documents(const std::filesystem::path& path) {
  return std::make_shared<jest::TokenTable>(std::vector{jest::TokenFile(path)},
                                            jest::TokenRows{.length = 32, .document_end = 0});
}

/// Loss on `held_out` after training on what `scorer_of(learner)` picks from `pool`.
template <class MakeScorer>
double trained(const jest::TableSource<jest::TokenBatch>& source, const jest::TokenBatch& held_out,
               int steps, const MakeScorer& scorer_of) {
  // [step]
  jest::Decoder model =
      jest::make_decoder({.vocabulary = 32, .hidden = 32, .layers = 1}, /*seed=*/1);
  auto optimizer = jest::fused_adam(*model, {.learning_rate = 5e-3, .weight_decay = 0.1});
  jest::Learner learner(model, *optimizer, jest::OwnLoss(), jest::Precision::kAmbient,
                        {.micro_batch = 16, .max_norm = 1.0});
  auto scorer = scorer_of(learner);
  for (int step = 0; step < steps; ++step) {
    const jest::TokenBatch super_batch = source.at(step);
    learner.step(super_batch.at(scorer.select(super_batch, step).indices));
  }
  // [step]
  return jest::score_losses(model, held_out, {}).mean().template item<double>();
}

}  // namespace

int main() {
  const auto folder = std::filesystem::temp_directory_path() / "jest_train_decoder";
  std::filesystem::create_directories(folder);
  write_tokens(folder / "curated.bin", {0});
  write_tokens(folder / "pool.bin", {0, 1, 1, 1, 1});

  // A guide, trained on the curated documents; yours is a folder that you have.
  jest::Decoder made = jest::make_decoder({.vocabulary = 32, .hidden = 48, .layers = 2}, 2);
  const auto optimizer = jest::fused_adam(*made, {.learning_rate = 5e-3});
  jest::Learner training(made, *optimizer);
  const jest::TableSource<jest::TokenBatch> curated(documents(folder / "curated.bin"), {32, 1});
  for (int step = 0; step < 150; ++step) training.step(curated.at(step));
  jest::save_decoder(folder / "guide", made);

  // [guide]
  jest::Decoder guide = jest::load_decoder(folder / "guide");  // config.json, model.safetensors
  jest::ReferenceModel reference{guide};
  const jest::TableSource<jest::TokenBatch> pool(documents(folder / "pool.bin"),
                                                 {.size = 160, .seed = 3});
  // [guide]
  const jest::TokenBatch held_out = curated.at(100000);
  const double uniform =
      trained(pool, held_out, 120, [](auto&) { return jest::UniformScorer({.count = 32}, 5); });
  const double selected = trained(pool, held_out, 120, [&](auto& learner) {
    return jest::JointExampleScorer(learner, reference, {.count = 32, .seed = 5});
  });
  std::filesystem::remove_all(folder);
  std::cout << "nats a token, held out: uniform " << uniform << ", selected " << selected << '\n';
  return selected < uniform - 0.2 ? 0 : 1;
}

// What the library's decoders make of a folder's model and tokens, for tests in Python.
// Usage: decoder_peer losses|train FOLDER TOKENS.bin LENGTH OUT.safetensors
// losses: losses and token_losses of all windows. train: three steps of AdamW with weight decay on
// matrices alone, clipping and micro-batches of 3; the parameters and the losses of the steps.
#include <torch/torch.h>

#include <iostream>
#include <numeric>
#include <string>

#include "jest/data/token_table.hpp"
#include "jest/learner/decoder.hpp"
#include "jest/learner/learner.hpp"
#include "jest/torch/arrays.hpp"
#include "jest/train/fused_adam.hpp"

namespace {

constexpr int kSteps = 3;
constexpr std::int64_t kMicroBatch = 3;
constexpr double kMaxNorm = 0.5;
constexpr double kRate = 1e-2;
constexpr double kDecay = 0.1;
constexpr double kEpsilon = 1e-3;  // rounding of tiny gradients must not decide a sign

jest::TokenBatch windows(const std::string& path, std::int64_t length) {
  auto table = std::make_shared<jest::TokenTable>(std::vector{jest::TokenFile(path)},
                                                  jest::TokenRows{.length = length});
  const auto rows = jest::all_rows(*table);
  return {{std::move(table), rows}};
}

jest::NamedTensors losses(const jest::Decoder& model, const jest::TokenBatch& batch) {
  const torch::NoGradGuard no_gradient;
  return {{"losses", model->losses(batch)}, {"token_losses", model->token_losses(batch)}};
}

jest::NamedTensors train(const jest::Decoder& model, const jest::TokenBatch& batch) {
  const auto optimizer = jest::fused_adam(
      *model, {.learning_rate = kRate, .epsilon = kEpsilon, .weight_decay = kDecay});
  jest::Learner learner(model, *optimizer, jest::OwnLoss(), jest::Precision::kAmbient,
                        {.micro_batch = kMicroBatch, .max_norm = kMaxNorm});
  std::vector<double> losses;
  for (int step = 0; step < kSteps; ++step) losses.push_back(learner.step(batch));
  jest::NamedTensors tensors{{"losses", torch::tensor(losses, at::kDouble)}};
  for (const auto& item : (*model).named_parameters())
    tensors.emplace_back(item.key(), item.value());
  return tensors;
}

}  // namespace

int main(int count, char** words) {
  if (count != 6) return 2;
  try {
    const std::string what = words[1];
    const jest::Decoder model = jest::load_decoder(words[2]);
    const jest::TokenBatch batch = windows(words[3], std::stol(words[4]));
    jest::save_tensors(words[5], what == "train" ? train(model, batch) : losses(model, batch), {});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}

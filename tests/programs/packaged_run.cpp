// What the reader of packages makes of one: packaged_run PACKAGE embed|losses IN OUT runs the
// arrays in0, in1, ... of IN through it, as a reference would, in micro-batches of 5 too, and
// writes what came to OUT; without IN it only opens the package. A refusal is a line and exit
// status 1.
#include <torch/torch.h>

#include <chrono>
#include <iostream>

#include "jest/learner/packaged_model.hpp"
#include "jest/learner/reference_model.hpp"
#include "jest/torch/arrays.hpp"

namespace {

using Clock = std::chrono::steady_clock;

jest::TensorBatch batch_of(const std::string& path) {
  std::vector<at::Tensor> inputs;
  for (const auto& [name, tensor] : jest::load_tensors(jest::SafetensorsFile(path))) {
    if (name.starts_with("in")) inputs.push_back(tensor);
  }
  return {torch::arange(inputs.at(0).size(0)), inputs};
}

/// The same values, matrices column by column.
jest::TensorBatch column_major(const jest::TensorBatch& batch) {
  std::vector<at::Tensor> inputs = batch.tensors();
  for (at::Tensor& input : inputs) {
    if (input.dim() == 2) input = input.t().contiguous().t();
  }
  return {torch::arange(inputs.at(0).size(0)), inputs};
}

template <class Model>
jest::NamedTensors results(const Model& model, const jest::TensorBatch& batch,
                           std::int64_t micro_batch) {
  jest::ReferenceModel reference(model, {.micro_batch = micro_batch});
  if constexpr (std::is_same_v<Model, jest::PackagedModel>) {
    const jest::Embeddings all = reference.embeddings(batch);
    return {{"x", all.x}, {"y", all.y}, {"scale", all.scale}, {"bias", all.bias}};
  } else {
    return {{"losses", reference.losses(batch)}};
  }
}

template <class Model>
void run(const Model& model, int count, char** words) {
  if (count < 5) return;
  const jest::TensorBatch batch = batch_of(words[3]);
  const auto start = Clock::now();
  jest::NamedTensors all = results(model, batch, 0);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::cout << batch.ids().size() / seconds << " rows a second\n";
  for (auto& [name, tensor] : results(model, batch, 5)) all.emplace_back("parts_" + name, tensor);
  for (auto& [name, tensor] : results(model, column_major(batch), 0)) {
    all.emplace_back("strided_" + name, tensor);
  }
  jest::save_tensors(words[4], all, {});
}

}  // namespace

int main(int count, char** words) try {
  if (count < 3) return 2;
  const std::string kind = words[2];
  if (kind == "store") {
    std::cout << jest::EmbeddingStore(words[1], "").rows() << " rows\n";
  } else if (kind == "embed") {
    run(jest::PackagedModel(words[1]), count, words);
  } else {
    run(jest::PackagedLossModel(words[1]), count, words);
  }
} catch (const jest::Error& error) {
  std::cout << error.what() << '\n';
  return 1;
}

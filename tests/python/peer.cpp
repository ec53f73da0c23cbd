// The C++ library as a peer of the Python package, for tests/python: stores that each wrote and the
// other reads, and the picks of a cascade. Usage: python_peer write|read|cascade FOLDER
#include <torch/torch.h>

#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "jest/learner/stores.hpp"
#include "jest/scorers/scorer.hpp"
#include "jest/scorers/wrappers.hpp"

namespace {

constexpr std::int64_t kRows = 40;
constexpr std::int64_t kSeed = 11;
constexpr std::int64_t kStep = 5;

/// A super-batch that is nothing but its ids.
struct Names {
  std::vector<std::int64_t> names;

  std::span<const std::int64_t> ids() const { return names; }
  Names at(const std::vector<std::int64_t>& positions) const {
    Names chosen;
    for (const std::int64_t position : positions) chosen.names.push_back(names.at(position));
    return chosen;
  }
};

/// Ids 100, 103, ...
Names all_names() {
  Names all;
  for (std::int64_t i = 0; i < kRows; ++i) all.names.push_back(100 + 3 * i);
  return all;
}

void write_stores(const std::string& folder) {
  const Names all = all_names();
  const at::Tensor x = torch::arange(kRows * 3, at::kFloat).reshape({kRows, 3}) / 100;
  jest::write_embedding_store(folder + "/embeddings", {.embeddings = {.x = x,
                                                                      .y = x.flip(1).contiguous(),
                                                                      .scale = torch::tensor(2.5),
                                                                      .bias = torch::tensor(-1.0)},
                                                       .ids = jest::id_tensor(all.names),
                                                       .fingerprint = "peer"});
  jest::write_loss_store(folder + "/losses", {.losses = x.select(1, 0).contiguous(),
                                              .ids = jest::id_tensor(all.names),
                                              .fingerprint = "peer"});
}

void write_line(const at::Tensor& values) {
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    std::cout << values.flatten()[i].item<double>() << ' ';
  }
  std::cout << '\n';
}

/// What the stores say of two ids, and the own losses of all.
void read_stores(const std::string& folder) {
  const Names all = all_names();
  const std::vector<std::int64_t> two = {106, 100};
  const jest::EmbeddingStore store(folder + "/embeddings", "peer");
  const jest::Embeddings found = store.gather(two);
  std::cout.precision(17);
  for (const at::Tensor& part : {found.x, found.y, found.scale, found.bias}) write_line(part);
  write_line(jest::LossStore(folder + "/losses", "peer").gather(two));
  write_line(store.own_losses().gather(all.names));
  write_line(store.own_losses(jest::Contrast::kSoftmax).gather(all.names));
}

void cascade(const std::string& folder) {
  const jest::LossStore losses(folder + "/losses", "");
  jest::UniformScorer second(4, kSeed);
  jest::Cascade scorer(second, losses, {.keep = 10});
  for (const std::int64_t pick : scorer.select(all_names(), kStep).indices)
    std::cout << pick << ' ';
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc == 3 ? argv[1] : "";
  if (command == "write") write_stores(argv[2]);
  if (command == "read") read_stores(argv[2]);
  if (command == "cascade") cascade(argv[2]);
}

// An existing LibTorch training loop, with its own torch::data loader, gradient clipping and
// learning rate schedule. What selection adds: the loader yields super-batches that know their ids,
// and one line picks what is trained on. existing_training_loop [DEVICE], for instance cuda.

#include <torch/torch.h>

#include <iostream>

#include "jest/jest.hpp"
#include "jest/torch/embeddings.hpp"

namespace {

constexpr std::int64_t kWidth = 16;
constexpr std::size_t kSuperBatch = 320;
constexpr std::int64_t kBatch = 64;

struct Batch {
  at::Tensor x, y;
  std::vector<std::int64_t> index;

  std::span<const std::int64_t> ids() const { return index; }
  Batch at(const std::vector<std::int64_t>& positions) const {
    const at::Tensor rows = torch::tensor(positions, at::kLong).to(x.device());
    std::vector<std::int64_t> chosen;
    for (const auto position : positions) chosen.push_back(index[position]);
    return {x.index_select(0, rows), y.index_select(0, rows), chosen};
  }
  Batch to(const at::Device& device) const { return {x.to(device), y.to(device), index}; }
};

/// A dataset whose batches are Batch: the loader asks for rows by number, and those are the ids.
class Pool : public torch::data::datasets::BatchDataset<Pool, Batch> {
 public:
  /// y is x with its entries moved by one; behind the first `matching` pairs it is noise.
  Pool(std::int64_t count, std::int64_t matching)
      : x_(torch::randn({count, kWidth})), y_(torch::randn({count, kWidth})) {
    y_.slice(0, 0, matching) = x_.slice(0, 0, matching).roll(1, 1);
  }
  Batch get_batch(at::ArrayRef<std::size_t> rows) override {
    const std::vector<std::int64_t> index(rows.begin(), rows.end());
    const at::Tensor row = torch::tensor(index, at::kLong);
    return {x_.index_select(0, row), y_.index_select(0, row), index};
  }
  std::optional<std::size_t> size() const override { return x_.size(0); }
  Batch all() {
    std::vector<std::size_t> rows(x_.size(0));
    for (std::size_t k = 0; k < rows.size(); ++k) rows[k] = k;
    return get_batch(rows);
  }

 private:
  at::Tensor x_, y_;
};

/// With dropout and batch normalisation: scoring leaves the mode and the running means alone.
struct TowersImpl : torch::nn::Module {
  torch::nn::Sequential x{nullptr}, y{nullptr};
  at::Tensor log_scale, bias;

  TowersImpl() {
    x = register_module("x", tower());
    y = register_module("y", tower());
    log_scale = register_parameter("log_scale", torch::scalar_tensor(std::log(10.0F)));
    bias = register_parameter("bias", torch::scalar_tensor(-4.0F));
  }
  static torch::nn::Sequential tower() {
    return torch::nn::Sequential(torch::nn::Linear(kWidth, 64), torch::nn::BatchNorm1d(64),
                                 torch::nn::ReLU(), torch::nn::Dropout(0.1),
                                 torch::nn::Linear(64, kWidth));
  }
  jest::Embeddings embed(const Batch& batch) {
    namespace F = torch::nn::functional;
    return {F::normalize(x->forward(batch.x)), F::normalize(y->forward(batch.y)), log_scale.exp(),
            bias};
  }
};
TORCH_MODULE(Towers);

struct Training {
  Towers& model;
  torch::optim::Optimizer& optimizer;
  std::size_t batch_size;
  int epochs;
  at::Device device;
};

/// The loop as it was before; `pick` makes a batch to train on of what the loader yields.
template <class Pick>
void train(const Training& t, const Pool& pool, const Pick& pick) {
  torch::optim::StepLR schedule(t.optimizer, /*step_size=*/40, /*gamma=*/0.5);
  const auto loader = torch::data::make_data_loader<torch::data::samplers::RandomSampler>(
      pool, torch::data::DataLoaderOptions(t.batch_size).workers(1));
  t.model->train();
  for (int epoch = 0; epoch < t.epochs; ++epoch) {
    for (const Batch& loaded : *loader) {
      const Batch batch = pick(loaded.to(t.device));
      t.optimizer.zero_grad();
      const at::Tensor loss = jest::sigmoid_loss(t.model->embed(batch));
      loss.backward();
      torch::nn::utils::clip_grad_norm_(t.model->parameters(), 1.0);
      t.optimizer.step();
      schedule.step();
    }
  }
}

double recall(Towers& towers, const Batch& held_out) {
  return jest::retrieval_recall(jest::score_embeddings(towers, held_out, {})).at_1;
}

}  // namespace

int main(int argc, char** argv) {
  const at::Device device = jest::find_device(argc > 1 ? argv[1] : "cpu");
  torch::manual_seed(1);
  const Pool curated(1024, 1024);
  const Pool pool(8020, 2000);  // the last super-batch of an epoch has 20 examples
  const Batch held_out = Pool(256, 256).all().to(device);
  const auto as_loaded = [](const Batch& batch) { return batch; };

  Towers guide, plain, model;
  for (Towers* towers : {&guide, &plain, &model}) (*towers)->to(device);
  torch::optim::AdamW guide_optimizer(guide->parameters(), 1e-2);
  train({guide, guide_optimizer, kBatch, 5, device}, curated, as_loaded);
  torch::optim::AdamW plain_optimizer(plain->parameters(), 1e-2);
  train({plain, plain_optimizer, kBatch, 1, device}, pool, as_loaded);

  torch::optim::AdamW optimizer(model->parameters(), 1e-2);
  jest::Learner learner{model, optimizer};
  jest::ReferenceModel reference{guide};
  jest::JointExampleScorer scorer{learner,
                                  reference,
                                  {.count = kBatch,
                                   .sampling = {.chunks = 4},
                                   .seed = 7,
                                   .shortage = jest::Shortage::kTakeAll}};
  std::int64_t step = 0, matching = 0, picked = 0;
  train({model, optimizer, kSuperBatch, 2, device}, pool, [&](const Batch& super_batch) {
    const Batch batch = super_batch.at(scorer.select(super_batch, step++).indices);
    for (const auto id : batch.ids()) matching += id < 2000, ++picked;
    return batch;
  });

  const double share = static_cast<double>(matching) / static_cast<double>(picked);
  const double before = recall(plain, held_out), after = recall(model, held_out);
  std::cout << "R@1 among 256: " << before << " after 126 steps as loaded, " << after << " after "
            << step << " selected ones\nmatching among the picks: " << share << " (pool: 0.25)\n";
  return share > 0.5 && after > 0.9 ? 0 : 1;
}

// cuda_steps [--quick] [--out FILE.json]: milliseconds of a training step on the device with
// selection off, independent and joint. Exits with 77 where there is no device.
#include <torch/torch.h>

#include <numeric>

#include "jest/jest.hpp"
#include "jest/train/fused_adam.hpp"
#include "program.hpp"

namespace jest::bench {
namespace {

using nlohmann::json;

constexpr std::int64_t kTokens = 64;
constexpr std::int64_t kPatch = 192;  ///< numbers of a token
constexpr std::int64_t kHidden = 384;
constexpr std::int64_t kHeads = 6;
constexpr std::int64_t kLayers = 6;
constexpr std::int64_t kWidth = 512;  ///< of an embedding
constexpr std::int64_t kCandidates = 5120;
constexpr std::int64_t kCount = 1024;
constexpr std::int64_t kMicroBatch = 1024;

struct Batch {
  at::Tensor x, y;  ///< [n, kTokens, kPatch]
  std::vector<std::int64_t> names;

  std::span<const std::int64_t> ids() const { return names; }
  Batch at(const std::vector<std::int64_t>& positions) const {
    const at::Tensor rows = torch::tensor(positions, at::kLong).to(x.device());
    std::vector<std::int64_t> chosen;
    for (const auto position : positions) chosen.push_back(names[position]);
    return {x.index_select(0, rows), y.index_select(0, rows), chosen};
  }
};

struct TowerImpl : torch::nn::Module {
  torch::nn::Linear in{nullptr}, out{nullptr};
  torch::nn::TransformerEncoder encoder{nullptr};

  TowerImpl() {
    in = register_module("in", torch::nn::Linear(kPatch, kHidden));
    out = register_module("out", torch::nn::Linear(kHidden, kWidth));
    auto layer = torch::nn::TransformerEncoderLayerOptions(kHidden, kHeads);
    layer.dim_feedforward(4 * kHidden).dropout(0.0);
    encoder = register_module("encoder", torch::nn::TransformerEncoder(
                                             torch::nn::TransformerEncoderLayer(layer), kLayers));
  }
  at::Tensor forward(const at::Tensor& tokens) {
    const at::Tensor hidden = encoder(in(tokens).transpose(0, 1));  // [tokens, n, hidden]
    return torch::nn::functional::normalize(out(hidden.mean(0)).to(at::kFloat));
  }
};
TORCH_MODULE(Tower);

struct TowersImpl : torch::nn::Module {
  Tower x{nullptr}, y{nullptr};
  at::Tensor scale, bias;

  TowersImpl() {
    x = register_module("x", Tower());
    y = register_module("y", Tower());
    scale = register_parameter("scale", torch::scalar_tensor(10.0F));
    bias = register_parameter("bias", torch::scalar_tensor(-10.0F));
  }
  Embeddings embed(const Batch& batch) {
    return {x->forward(batch.x), y->forward(batch.y), scale, bias};
  }
};
TORCH_MODULE(Towers);

/// Milliseconds of the parts of a step, medians of some steps.
class Steps {
 public:
  explicit Steps(const at::Device& device, bool quick) : runs_(quick ? 3 : 12) {
    torch::manual_seed(1);
    batch_.x = torch::randn({kCandidates, kTokens, kPatch}, device);
    batch_.y = batch_.x + torch::randn({kCandidates, kTokens, kPatch}, device);
    batch_.names.resize(kCandidates);
    std::iota(batch_.names.begin(), batch_.names.end(), 0);
    learner_->to(device);
    guide_->to(device);
  }

  template <class Scorer, class LearnerOf>
  json of(const char* arm, Scorer& scorer, LearnerOf& learner) {
    constexpr int kWarmRuns = 4;  // selections: one by one, captured, replayed, replayed
    std::vector<double> step, scoring, selection;
    for (int run = 0; run < kWarmRuns + runs_; ++run) {
      double seconds = 0;
      ScoredSelection picks;
      timed(seconds, [&] {
        picks = ScoredSelection(scorer.select(batch_, run));
        learner.step(batch_.at(picks.indices));  // its loss is read, so that all is done
      });
      if (run < kWarmRuns) continue;
      step.push_back(1e3 * seconds);
      scoring.push_back(picks.scoring.learner_ms + picks.scoring.reference_ms);
      selection.push_back(picks.statistics.select_ms);
    }
    return {{"arm", arm},
            {"ms", median(step)},
            {"scoring_ms", median(scoring)},
            {"selection_ms", median(selection)}};
  }

  Towers& learner() { return learner_; }
  Towers& guide() { return guide_; }

 private:
  static double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }

  int runs_;
  Batch batch_;
  Towers learner_;
  Towers guide_;
};

void run(const ProgramOptions& options) {
  Steps steps(find_device("cuda"), options.quick);
  const auto optimizer = fused_adam(steps.learner()->parameters(), {.learning_rate = 1e-4});
  Learner learner(steps.learner(), *optimizer, Contrast::kSigmoid, Precision::kBfloat16);
  const ScoringSpec scoring{.micro_batch = kMicroBatch, .precision = Precision::kBfloat16};
  ReferenceModel reference(steps.guide(), scoring);
  json report{{"steps", json::array()},
              {"step_B", kCandidates},
              {"step_b", kCount},
              {"model", "two transformers of 6 layers, width 384, 64 tokens; bfloat16"}};
  const auto keep = [&](const json& row) {
    std::cout << row.dump() << std::endl;
    report["steps"].push_back(row);
    options.keep(report);
  };
  UniformScorer uniform(kCount, 3);
  keep(steps.of("off", uniform, learner));
  for (const auto& [name, preset] :
       {std::pair{"independent", Preset::kIndependent}, {"joint", Preset::kJoint}}) {
    JointExampleScorer scorer(learner, reference,
                              {.count = kCount,
                               .sampling = {.preset = preset},
                               .seed = 3,
                               .contrast = Contrast::kSigmoid,
                               .scoring = scoring});
    keep(steps.of(name, scorer, learner));
  }
}

}  // namespace
}  // namespace jest::bench

int main(int argc, char** argv) {
  return jest::bench::run_program("cuda_steps", argc, argv, jest::bench::run);
}

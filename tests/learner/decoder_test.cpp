// Decoders: what each position sees, rows of different lengths, files, counts. What PyTorch makes
// of the same weights: tests/torch/decoder_test.py.
#include "jest/learner/decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "jest/data/token_table.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/learner/learner.hpp"
#include "jest/torch/arrays.hpp"
#include "oracle/message_of.hpp"
#include "oracle/temporary_folder.hpp"

namespace jest::testing {
namespace {

using oracle::message_of;
using ::testing::HasSubstr;

DecoderSpec small(DecoderShape shape) {
  const bool llama = shape == DecoderShape::kLlama;
  return {.shape = shape,
          .vocabulary = 50,
          .hidden = 24,
          .layers = 2,
          .heads = 4,
          .key_heads = llama ? 2 : 0,
          .positions = 16,
          .deviation = 0.3};
}

constexpr DecoderShape kShapes[] = {DecoderShape::kLlama, DecoderShape::kGpt2};

TEST(Decoder, SeesNothingOfWhatFollows) {
  for (const DecoderShape shape : kShapes) {
    const Decoder model = make_decoder(small(shape), 1);
    const torch::NoGradGuard no_gradient;
    at::Tensor tokens = torch::randint(50, {3, 9}, at::kLong);
    const at::Tensor before = model->logits(tokens);
    tokens.select(1, 6).fill_(7);
    const at::Tensor after = model->logits(tokens);
    EXPECT_TRUE(before.slice(1, 0, 6).equal(after.slice(1, 0, 6)));
    EXPECT_FALSE(before.slice(1, 6).equal(after.slice(1, 6)));
  }
}

std::shared_ptr<const TokenTable> documents() {
  const std::vector<std::uint32_t> tokens = {0, 4, 9, 2, 0, 7, 0, 8, 8, 31, 12, 40, 3, 0};
  return std::make_shared<TokenTable>(std::vector{TokenFile(tokens, "made")},
                                      TokenRows{.length = 7, .document_end = 0});
}

TEST(Decoder, GivesShortRowsTheirOwnLosses) {
  const auto table = documents();
  ASSERT_EQ(table->rows(), 3);
  const TokenBatch batch({table, {0, 1, 2}});
  for (const DecoderShape shape : kShapes) {
    const Decoder model = make_decoder(small(shape), 1);
    const at::Tensor losses = model->losses(batch);
    const at::Tensor of_tokens = model->token_losses(batch);
    EXPECT_EQ(of_tokens.sizes(), (std::vector<std::int64_t>{3, 7}));
    for (std::int64_t row = 0; row < 3; ++row) {
      const at::Tensor tokens = torch::tensor(table->of(row), at::kLong).unsqueeze(0);
      const at::Tensor logits = model->logits(tokens.slice(1, 0, tokens.size(1) - 1))[0];
      const double expected =
          torch::nn::functional::cross_entropy(logits, tokens[0].slice(0, 1)).item<double>();
      EXPECT_NEAR(losses[row].item<double>(), expected, 1e-5);
      const std::int64_t predicted = table->tokens(row) - 1;
      EXPECT_NEAR(of_tokens[row].sum().item<double>(), expected * predicted, 1e-4);
      EXPECT_EQ(of_tokens[row].slice(0, predicted).abs().sum().item<double>(), 0);
    }
  }
}

TEST(Decoder, OfAPrefixGivesTheFirstLosses) {
  const auto table = documents();
  const TokenBatch batch({table, {0, 1, 2}});
  const Decoder model = make_decoder(small(DecoderShape::kLlama), 1);
  const at::Tensor whole = model->token_losses(batch);
  const at::Tensor some = model->token_losses(batch.prefix(3));
  EXPECT_TRUE(torch::allclose(some, whole.slice(1, 0, 3), 1e-5, 1e-6));
  EXPECT_THAT(message_of([&] { batch.prefix(8); }), HasSubstr("from 1 to the 7 tokens"));
}

TEST(Decoder, HoldsFewLogitsAtATimeWithoutGradients) {
  DecoderSpec spec = small(DecoderShape::kLlama);
  spec.vocabulary = 1 << 20;
  spec.hidden = 8;
  const Decoder model = make_decoder(spec, 1);
  const at::Tensor tokens = torch::randint(spec.vocabulary, {5, 13}, at::kLong);  // two rows a time
  const at::Tensor with_gradients = model->losses(tokens);
  const torch::NoGradGuard no_gradient;
  EXPECT_TRUE(torch::allclose(model->losses(tokens), with_gradients, 1e-6, 1e-6));
}

TEST(Decoder, SketchesTheGradientOfItsOutputLayer) {
  const TokenBatch batch({documents(), {0, 1, 2}});
  DecoderSpec spec = small(DecoderShape::kGpt2);
  spec.tied = false;
  const Decoder model = make_decoder(spec, 1);
  const LossesAndFeatures scored = model->losses_and_features(batch);
  EXPECT_TRUE(torch::allclose(scored.losses, model->losses(batch), 1e-6, 1e-6));
  // Sketches keep products in expectation; a row's own gradient it keeps closely.
  std::vector<at::Tensor> gradients;
  for (std::int64_t row = 0; row < 3; ++row) {
    (*model).zero_grad();
    model->losses(batch)[row].backward();
    gradients.push_back((*model).named_parameters()["lm_head.weight"].grad().flatten().clone());
  }
  const at::Tensor exact = torch::stack(gradients).matmul(torch::stack(gradients).t());
  const at::Tensor sketched = scored.features.matmul(scored.features.t());
  EXPECT_LT(((sketched - exact).norm() / exact.norm()).item<double>(), 0.3);
}

TEST(Decoder, CountsItsParametersAndItsWork) {
  for (const DecoderShape shape : kShapes) {
    for (const bool tied : {true, false}) {
      DecoderSpec spec = small(shape);
      spec.tied = tied;
      const Decoder model = make_decoder(spec, 1);
      double count = 0;
      for (const at::Tensor& parameter : model->parameters()) count += parameter.numel();
      EXPECT_EQ(parameters_of(spec), count);
      EXPECT_GT(model->forward_flops(8), 2 * 8 * 50 * 24.0);
      EXPECT_GT(model->forward_flops(16), 2 * model->forward_flops(8)) << "attention's square";
    }
  }
}

TEST(Decoder, GoesToAFolderAndBack) {
  const at::Tensor tokens = torch::randint(50, {3, 9}, at::kLong);
  for (const DecoderShape shape : kShapes) {
    for (const bool tied : {true, false}) {
      DecoderSpec spec = small(shape);
      spec.tied = tied;
      const Decoder model = make_decoder(spec, 1);
      const oracle::TemporaryFolder folder;
      save_decoder(folder.file("model"), model);
      EXPECT_TRUE(load_decoder(folder.file("model"))->losses(tokens).equal(model->losses(tokens)));
      const SafetensorsFile file(folder.file("model") / "model.safetensors");
      EXPECT_TRUE(load_decoder(file)->losses(tokens).equal(model->losses(tokens)));
    }
  }
}

/// A saved model whose arrays a test changes.
struct Saved {
  oracle::TemporaryFolder folder;
  NamedTensors tensors;

  explicit Saved(const DecoderSpec& spec) {
    save_decoder(folder.file("m"), make_decoder(spec, 1));
    tensors = load_tensors(SafetensorsFile(folder.file("m") / "model.safetensors"));
  }
  at::Tensor& operator[](const std::string& name) {
    for (auto& [key, tensor] : tensors) {
      if (key == name) return tensor;
    }
    return tensors.emplace_back(name, at::Tensor()).second;
  }
  void erase(const std::string& name) {
    std::erase_if(tensors, [&](const auto& item) { return item.first == name; });
  }
  void load() const {
    save_tensors(folder.file("m") / "model.safetensors", tensors, {});
    load_decoder(folder.file("m"));
  }
  std::string message() const {
    return message_of([&] { load(); });
  }
};

TEST(LoadDecoder, NamesWeightsThatAreMissingLeftOverOrOfAnotherShape) {
  const DecoderSpec spec = small(DecoderShape::kLlama);
  const std::string name = "model.layers.1.mlp.up_proj.weight";
  Saved missing(spec);
  missing.erase(name);
  EXPECT_THAT(missing.message(), HasSubstr("expected tensor " + name));
  Saved left(spec);
  left["model.layers.2.mlp.up_proj.weight"] = torch::zeros({2, 2});
  EXPECT_THAT(left.message(), HasSubstr("no tensors but those of the model, got model.layers.2"));
  Saved other(spec);
  other[name] = torch::zeros({2, 2});
  EXPECT_THAT(other.message(), HasSubstr("got F32 [2, 2]"));
  Saved whole(spec);
  whole[name] = whole[name].to(at::kInt);
  EXPECT_THAT(whole.message(), HasSubstr(name + " of F64, F32, F16 or BF16, got I32"));
}

TEST(LoadDecoder, TakesWhatOthersLeave) {
  Saved saved(small(DecoderShape::kLlama));
  saved["lm_head.weight"] = saved["model.embed_tokens.weight"].clone();
  saved["model.layers.0.self_attn.rotary_emb.inv_freq"] = torch::zeros({3});
  EXPECT_NO_THROW(saved.load());
  saved["lm_head.weight"].add_(1);
  EXPECT_THAT(saved.message(), HasSubstr("equal to model.embed_tokens.weight"));
  Saved trunk(small(DecoderShape::kGpt2));  // as the files of GPT-2 itself are
  for (auto& [name, tensor] : trunk.tensors) name = name.substr(std::string("transformer.").size());
  trunk["h.0.attn.bias"] = torch::ones({1, 1, 16, 16});
  EXPECT_NO_THROW(trunk.load());
}

TEST(LoadDecoder, ReadsTheFilesOfAnIndex) {
  Saved saved(small(DecoderShape::kGpt2));
  const auto folder = saved.folder.file("m");
  const auto middle = saved.tensors.begin() + 5;
  save_tensors(folder / "a.safetensors", {saved.tensors.begin(), middle}, {});
  save_tensors(folder / "b.safetensors", {middle, saved.tensors.end()}, {});
  std::filesystem::remove(folder / "model.safetensors");
  const auto index = folder / "model.safetensors.index.json";
  write_file(index, R"({"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}})");
  EXPECT_NO_THROW(load_decoder(folder));
  write_file(index, R"({"weight_map": {"x": "a.safetensors", "y": "../b.safetensors"}})");
  EXPECT_THAT(message_of([&] { load_decoder(folder); }), HasSubstr("names of files beside it"));
  write_file(index, R"({"weight_map": {"x": "a.safetensors"}})");
  EXPECT_THAT(message_of([&] { load_decoder(folder); }), HasSubstr("none of that name"));
}

std::string of_config(const std::string& json) {
  return message_of([&] { parse_decoder_config(json, "config.json"); });
}

TEST(DecoderConfig, RefusesWhatTheShapesHaveNot) {
  EXPECT_THAT(of_config(R"({"model_type": "mamba"})"),
              HasSubstr("read config.json: expected model_type llama or gpt2, got mamba"));
  EXPECT_THAT(of_config("{"), HasSubstr("a JSON object"));
  const std::string llama =
      R"("model_type": "llama", "vocab_size": 50, "hidden_size": 24, "num_hidden_layers": 2,
         "num_attention_heads": 4, "intermediate_size": 64)";
  EXPECT_NO_THROW(parse_decoder_config("{" + llama + "}", "config.json"));
  for (const auto& [field, expected] : std::vector<std::pair<std::string, std::string>>{
           {R"("hidden_act": "gelu")", "hidden_act silu, got gelu"},
           {R"("attention_bias": true)", "attention_bias false, got true"},
           {R"("rope_scaling": {"rope_type": "llama3"})", "rope_scaling of the type default"},
           {R"("num_key_value_heads": 3)", "key heads that divide the 4 heads, got 3"},
           {R"("head_dim": 5)", "heads of an even width, got 5"},
           {R"("rms_norm_eps": -1)", "rms_norm_eps, a number above 0, got -1"},
           {R"("num_key_value_heads": "four")", "a whole number of at least 1, got \"four\""}}) {
    EXPECT_THAT(of_config("{" + llama + ", " + field + "}"), HasSubstr(expected));
  }
  EXPECT_THAT(of_config(R"({"model_type": "llama"})"),
              HasSubstr("num_attention_heads, a whole number of at least 1, got none"));
  EXPECT_THAT(of_config(R"({"model_type": "gpt2", "vocab_size": 9, "n_embd": 8, "n_layer": 1,
                            "n_head": 3})"),
              HasSubstr("3 heads that divide the hidden width"));
}

TEST(DecoderConfig, ReadsBackWhatItWrote) {
  for (const DecoderShape shape : kShapes) {
    const DecoderSpec spec = complete(small(shape));
    const DecoderSpec again = parse_decoder_config(decoder_config(spec), "config.json");
    EXPECT_EQ(decoder_config(again), decoder_config(spec));
  }
  const DecoderSpec five = parse_decoder_config(
      R"({"model_type": "llama", "vocab_size": 50, "hidden_size": 24, "num_hidden_layers": 2,
          "num_attention_heads": 4, "intermediate_size": 64,
          "rope_parameters": {"rope_type": "default", "rope_theta": 100000.0}})",
      "config.json");
  EXPECT_EQ(five.rotary_base, 100000);
}

TEST(Decoder, IsTrainedByTheLearner) {
  const Decoder model = make_decoder(small(DecoderShape::kLlama), 1);
  torch::optim::AdamW optimizer(model->parameters(), torch::optim::AdamWOptions(1e-2));
  Learner learner(model, optimizer, OwnLoss(), Precision::kAmbient,
                  StepSpec{.micro_batch = 2, .max_norm = 1});
  const TokenBatch batch({documents(), {0, 1, 2}});
  const double first = learner.step(batch);
  for (int step = 0; step < 30; ++step) learner.step(batch);
  EXPECT_LT(learner.step(batch), first / 2);
}

}  // namespace
}  // namespace jest::testing

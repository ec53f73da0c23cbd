// The enqueueing face: replayed graphs, streams, element types, what it refuses.
#include <thread>

#include "gpu/device_memory.hpp"
#include "oracle/agree.hpp"
#include "oracle/random_embeddings.hpp"
#include "select/cuda/elements.hpp"

namespace jest {
namespace {

using cuda::Element;
using gpu::Answer;
using gpu::answer_of;

class CudaSelector : public gpu::OnDevice {};

cuda::DeviceEmbeddings shape_of(const oracle::Embeddings& model, Element element) {
  const cuda::DeviceMatrix matrix{nullptr, model.shape.rows, model.shape.cols, model.stride(),
                                  element};
  return {matrix, matrix, model.scale, model.bias};
}

gpu::Model<float> upload(const oracle::Embeddings& model) {
  return {model.x, model.y, shape_of(model, Element::kFloat32)};
}

struct TwoModels {
  explicit TwoModels(std::uint64_t seed)
      : host(oracle::random_models({3000, 40, 5}, seed)),
        learner(upload(host.learner)),
        reference(upload(host.reference)) {}

  cuda::DevicePairs pairs(Contrast contrast) const {
    return {.learner = learner.view, .reference = reference.view, .contrast = contrast};
  }

  oracle::TwoModels host;
  gpu::Model<float> learner;
  gpu::Model<float> reference;
};

constexpr cuda::Engine kDirect{.launch = cuda::Launch::kDirect};

TEST_F(CudaSelector, ReplaysAGraphWithOtherSeedsStepsWeightsAndPointers) {
  const TwoModels first(1);
  const TwoModels second(2);
  const SelectionSpec spec{.count = 600, .seed = 3};
  for (const auto contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    cuda::Selector selector(cuda::Engine{});
    gpu::Place place(first.pairs(contrast), spec, {});
    for (int call = 0; call < 8; ++call) {
      SelectionSpec other = spec;
      other.seed += static_cast<std::uint64_t>(call / 2);
      other.step = call % 3;
      other.sampling.gain = call == 5 ? 7 : 100;
      cuda::DevicePairs pairs = call < 4 ? first.pairs(contrast) : second.pairs(contrast);
      if (call == 6) other.sampling.interaction.value = -0.5;
      if (call == 7) pairs.learner.scale = 3;
      place.enqueue(selector, pairs, other);
      EXPECT_EQ(place.answer(), answer_of(pairs, other, kDirect)) << call;
    }
  }
}

TEST_F(CudaSelector, GivesTheSameBitsInEveryRunAndStream) {
  const TwoModels models(1);
  const SelectionSpec spec{.count = 600, .seed = 3};
  for (const auto contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
    const auto pairs = models.pairs(contrast);
    const Answer want = answer_of(pairs, spec, kDirect);
    std::vector<std::thread> threads;
    std::vector<Answer> answers(4);
    for (Answer& answer : answers) {
      threads.emplace_back([&] {
        cuda::Selector selector(cuda::Engine{});
        gpu::Place place(pairs, spec, {});
        for (int call = 0; call < 5; ++call) place.enqueue(selector, pairs, spec);
        answer = place.answer();
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Answer& answer : answers) EXPECT_EQ(answer, want);
  }
}

TEST_F(CudaSelector, RunsOnTheDefaultStreamToo) {
  const TwoModels models(1);
  const SelectionSpec spec{.count = 60};
  const auto pairs = models.pairs(Contrast::kSigmoid);
  const auto bytes = cuda::workspace_bytes(pairs, spec, {});
  gpu::Buffer<std::byte> workspace(static_cast<std::size_t>(bytes));
  gpu::Buffer<std::int64_t> indices(60);
  gpu::Buffer<double> scores(60);
  gpu::Buffer<cuda::DeviceReport> report(1);
  cuda::Selector selector(cuda::Engine{});
  for (int call = 0; call < 3; ++call) {
    selector.enqueue(pairs, spec, {indices.data(), scores.data(), report.data()},
                     {workspace.data(), bytes, nullptr});
    gpu::must(cudaDeviceSynchronize());
    EXPECT_EQ(indices.host(), answer_of(pairs, spec, kDirect).indices);
  }
}

/// Rounding on the way into a tile or before the upload is the same rounding.
TEST_F(CudaSelector, TakesSixteenBitEmbeddingsAsTheyAre) {
  const auto host = oracle::random_embeddings({2000, 33, 3}, 6);
  const SelectionSpec spec{.count = 300, .sampling = {.gain = 10}};
  for (const Element element : {Element::kFloat16, Element::kBfloat16}) {
    const bool half = element == Element::kFloat16;
    oracle::Embeddings rounded = host;
    std::vector<std::uint16_t> bits[2];
    std::vector<float>* sides[2] = {&rounded.x, &rounded.y};
    for (int side = 0; side < 2; ++side) {
      for (float& value : *sides[side]) {
        bits[side].push_back(half ? cuda::to_float16(value) : cuda::to_bfloat16(value));
        value =
            half ? cuda::from_float16(bits[side].back()) : cuda::from_bfloat16(bits[side].back());
      }
    }
    const gpu::Model<std::uint16_t> narrow(bits[0], bits[1], shape_of(host, element));
    const auto wide = upload(rounded);
    const cuda::Engine engine{.operands =
                                  half ? cuda::Operands::kFloat16 : cuda::Operands::kBfloat16};
    const cuda::DevicePairs pairs{.learner = narrow.view, .weights = kHardLearner};
    const cuda::DevicePairs same{.learner = wide.view, .weights = kHardLearner};
    EXPECT_EQ(answer_of(pairs, spec, {}), answer_of(same, spec, engine));
  }
}

/// Both routes, by name, on exactly representable embeddings.
void expect_the_same_by_both_routes(const cuda::DevicePairs& pairs, cuda::Operands operands) {
  const cuda::Engine fused{.operands = operands, .route = cuda::Route::kFused};
  const cuda::Engine products{.operands = operands, .route = cuda::Route::kProducts};
  for (const std::int64_t chunks : {2, 3, 40}) {
    const SelectionSpec spec{.count = 1000, .sampling = {.chunks = chunks, .gain = 0.1}};
    const Answer got = answer_of(pairs, spec, fused);
    const Answer want = answer_of(pairs, spec, products);
    EXPECT_EQ(got.report.faults, 0U);
    EXPECT_EQ(got.indices, want.indices) << chunks;
    EXPECT_TRUE(oracle::agree(got.scores, want.scores, 1e-5)) << chunks;
    EXPECT_EQ(got, answer_of(pairs, spec, fused)) << chunks;
  }
}

/// Skips where there is no fused route.
TEST_F(CudaSelector, FusesToWhatProductsGive) {
  try {
    cuda::Selector probe({.route = cuda::Route::kFused});
  } catch (const Error& error) {
    GTEST_SKIP() << error.what();
  }
  auto round = TwoModels(1).host;
  for (auto* model : {&round.learner, &round.reference}) {
    for (auto* side : {&model->x, &model->y}) {
      for (float& value : *side) value = std::nearbyint(value * 32) / 4;
    }
    model->scale = 0.5;
  }
  const auto learner = upload(round.learner);
  const auto reference = upload(round.reference);
  for (const auto operands :
       {cuda::Operands::kFloat16, cuda::Operands::kBfloat16, cuda::Operands::kFloat16x3}) {
    for (const auto contrast : {Contrast::kSigmoid, Contrast::kSoftmax}) {
      expect_the_same_by_both_routes(
          {.learner = learner.view, .reference = reference.view, .contrast = contrast}, operands);
    }
  }
}

TEST_F(CudaSelector, RefusesWhatItCannotUse) {
  const TwoModels models(1);
  const SelectionSpec spec{.count = 60};
  const auto pairs = models.pairs(Contrast::kSigmoid);
  const auto bytes = cuda::workspace_bytes(pairs, spec, {});
  gpu::Buffer<std::byte> memory(static_cast<std::size_t>(bytes));
  gpu::Buffer<std::int64_t> indices(60);
  gpu::Buffer<double> scores(60);
  gpu::Buffer<cuda::DeviceReport> report(1);
  cuda::Selector selector(cuda::Engine{});
  const cuda::DeviceAnswer answer{indices.data(), scores.data(), report.data()};
  EXPECT_THROW(selector.enqueue(pairs, spec, answer, {memory.data(), bytes - 1}), Error);
  EXPECT_THROW(selector.enqueue(pairs, spec, answer, {memory.data() + 8, bytes}), Error);
  EXPECT_THROW(selector.enqueue(pairs, spec, {}, {memory.data(), bytes}), Error);
  EXPECT_THROW(selector.enqueue(pairs, {.count = 3001}, answer, {memory.data(), bytes}), Error);
}

}  // namespace
}  // namespace jest

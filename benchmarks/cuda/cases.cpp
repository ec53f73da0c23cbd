#include "cases.hpp"

#include "inputs.hpp"

namespace jest::bench {
namespace {

using cuda::Element;
using cuda::Operands;
using cuda::Route;

std::int64_t free_bytes() {
  std::size_t free = 0;
  std::size_t total = 0;
  cuda::check(cudaMemGetInfo(&free, &total), "asking for free memory");
  return static_cast<std::int64_t>(free);
}

Measured measure_criterion(const cuda::DeviceCriterion& criterion, const Shape& shape,
                           const cuda::Engine& engine, cudaStream_t stream) {
  SelectionSpec spec{.count = shape.count, .sampling = {.chunks = shape.chunks}};
  const std::int64_t bytes = cuda::workspace_bytes(criterion, spec, engine);
  const std::int64_t free_before = free_bytes();
  const cuda::OwnMemory workspace(bytes);
  const cuda::OwnMemory indices(shape.count * static_cast<std::int64_t>(sizeof(std::int64_t)));
  const cuda::OwnMemory scores(shape.count * static_cast<std::int64_t>(sizeof(double)));
  const cuda::OwnMemory report(sizeof(cuda::DeviceReport));
  const cuda::DeviceAnswer answer{static_cast<std::int64_t*>(indices.data()),
                                  static_cast<double*>(scores.data()),
                                  static_cast<cuda::DeviceReport*>(report.data())};
  cuda::Selector selector(engine);
  const auto enqueue = [&](int run) {
    spec.step = run;
    selector.enqueue(criterion, spec, answer, {workspace.data(), bytes, stream});
  };
  Measured measured{timing_of(enqueue, stream), bytes};
  measured.taken_bytes = free_before - free_bytes();
  cuda::DeviceReport last;
  cuda::check(cudaMemcpy(&last, report.data(), sizeof(last), cudaMemcpyDeviceToHost), "reading");
  cuda::check_report(last, spec, shape.candidates);
  return measured;
}

/// b = (1 − f)·B.
Shape at_filter(std::int64_t candidates, double filter) {
  const auto count = static_cast<double>(candidates) * (1 - filter);
  return {candidates, kHeadline.width, static_cast<std::int64_t>(count + 0.5), kHeadline.chunks};
}

}  // namespace

/// What takes longest comes last: whoever has little time stops there.
std::vector<Shape> shapes(bool quick) {
  std::vector<Shape> all{kHeadline, at_filter(16384, 0.8)};
  if (quick) return all;
  for (const std::int64_t width : {512, 1152}) {
    all.push_back({kHeadline.candidates, width, kHeadline.count, kHeadline.chunks});
  }
  for (const std::int64_t chunks : {32, 64}) {
    all.push_back({kHeadline.candidates, kHeadline.width, kHeadline.count, chunks});
  }
  for (const double filter : {0.9, 0.95, 0.5}) {
    all.push_back(at_filter(kHeadline.candidates, filter));
  }
  for (const std::int64_t candidates : {65536, 524288, 1048576}) {
    all.push_back(at_filter(candidates, 0.8));
  }
  return all;
}

std::vector<Case> cases(const Shape& shape) {
  std::vector<Case> all{{"sigmoid, float16, products", {.route = Route::kProducts}}};
  if (has_fused()) all.push_back({"sigmoid, float16, fused", {.route = Route::kFused}});
  if (shape.name() != kHeadline.name()) return all;
  const auto products = [](Operands operands) {
    return cuda::Engine{.operands = operands, .route = Route::kProducts};
  };
  all.push_back({"softmax, float16, products", products(Operands::kFloat16), Contrast::kSoftmax});
  all.push_back({"sigmoid, bfloat16 embeddings, products", products(Operands::kAsStored),
                 Contrast::kSigmoid, Element::kBfloat16});
  all.push_back({"sigmoid, tf32, products", products(Operands::kTf32)});
  all.push_back({"sigmoid, float16x3, products", products(Operands::kFloat16x3)});
  if (has_fused()) {
    all.push_back({"softmax, float16, fused", {.route = Route::kFused}, Contrast::kSoftmax});
    all.push_back({"sigmoid, bfloat16 embeddings, fused",
                   {.route = Route::kFused},
                   Contrast::kSigmoid,
                   Element::kBfloat16});
    all.push_back(
        {"sigmoid, float16x3, fused", {.operands = Operands::kFloat16x3, .route = Route::kFused}});
  }
  return all;
}

Measured measure(const Case& which, const Shape& shape, cudaStream_t stream) {
  const Inputs inputs(shape, which.element);
  return measure_criterion(inputs.pairs(which.contrast), shape, which.engine, stream);
}

Measured measure_alignment(const Shape& shape, cudaStream_t stream) {
  const cuda::OwnMemory features = random_rows(shape.candidates, shape.width, Element::kFloat32, 1);
  const cuda::OwnMemory direction = random_rows(1, shape.width, Element::kFloat32, 2);
  const cuda::DeviceAlignment alignment{
      .features = {features.data(), shape.candidates, shape.width, shape.width, Element::kFloat32},
      .direction = static_cast<const float*>(direction.data())};
  return measure_criterion(alignment, shape, {}, stream);
}

bool has_fused() {
  try {
    const cuda::Selector probe({.route = Route::kFused});
    return true;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace jest::bench

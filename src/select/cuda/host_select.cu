// Selection from host memory: upload, select, wait, download.
#include <chrono>
#include <type_traits>

#include "handles.cuh"
#include "jest/select/cuda.hpp"
#include "memory.cuh"

namespace jest::cuda {
namespace {

class Upload {
 public:
  explicit Upload(cudaStream_t stream) : stream_(stream) {}

  DeviceEmbeddings embeddings(const EmbeddingsView& view) {
    return {matrix(view.x), matrix(view.y), view.scale, view.bias};
  }

  DeviceMatrix matrix(const MatrixView& host) {
    const auto row_bytes = static_cast<std::size_t>(host.cols) * sizeof(float);
    const OwnMemory& device =
        memory_.emplace_back(static_cast<std::int64_t>(row_bytes) * host.rows);
    check(cudaMemcpy2DAsync(device.data(), row_bytes, host.data,
                            static_cast<std::size_t>(host.row_stride) * sizeof(float), row_bytes,
                            static_cast<std::size_t>(host.rows), cudaMemcpyHostToDevice, stream_),
          "uploading embeddings");
    return {device.data(), host.rows, host.cols, host.cols, Element::kFloat32};
  }

  /// Null for nothing.
  template <class Value>
  const Value* values(std::span<const Value> host) {
    if (host.empty()) return nullptr;
    const OwnMemory& device = memory_.emplace_back(static_cast<std::int64_t>(host.size_bytes()));
    check(cudaMemcpyAsync(device.data(), host.data(), host.size_bytes(), cudaMemcpyHostToDevice,
                          stream_),
          "uploading values");
    return static_cast<const Value*>(device.data());
  }

 private:
  cudaStream_t stream_;
  std::vector<OwnMemory> memory_;
};

template <class Value>
void download(Value* host, const Value* device, std::int64_t count, cudaStream_t stream) {
  check(cudaMemcpyAsync(host, device, static_cast<std::size_t>(count) * sizeof(Value),
                        cudaMemcpyDeviceToHost, stream),
        "downloading picks");
}

/// Embeddings of a model without a weight are ignored.
template <class Pairs>
DevicePairs uploaded(const Pairs& pairs, Upload& upload) {
  DevicePairs result{.weights = pairs.weights, .ids = upload.values(pairs.ids)};
  if (pairs.weights.learner != 0) result.learner = upload.embeddings(pairs.learner);
  if (pairs.weights.reference != 0) result.reference = upload.embeddings(pairs.reference);
  if constexpr (std::is_same_v<Pairs, SoftmaxPairs>) {
    result.contrast = Contrast::kSoftmax;
    result.include_positive = pairs.include_positive;
  }
  return result;
}

DeviceAlignment uploaded(const GradientAlignment& alignment, Upload& upload) {
  return {.features = upload.matrix(alignment.features),
          .direction = upload.values(alignment.direction),
          .step_size = alignment.step_size,
          .added = upload.values(alignment.added),
          .ids = upload.values(alignment.ids)};
}

DeviceDiversity uploaded(const EmbeddingDiversity& diversity, Upload& upload) {
  return {.importance = upload.values(diversity.importance),
          .embeddings = upload.matrix(diversity.embeddings),
          .strength = diversity.strength,
          .ids = upload.values(diversity.ids)};
}

struct WeighedLosses {
  Losses losses;
  ScoreWeights weights;
};

DeviceLosses uploaded(const WeighedLosses& given, Upload& upload) {
  const ScoreWeights& weights = given.weights;
  DeviceLosses result{.rows = check_losses(given.losses, weights),
                      .weights = weights,
                      .ids = upload.values(given.losses.ids)};
  if (weights.learner != 0) result.learner = upload.values(given.losses.learner);
  if (weights.reference != 0) result.reference = upload.values(given.losses.reference);
  return result;
}

struct Downloaded {
  Selection selection;
  DeviceReport report;
};

Downloaded run(const DeviceCriterion& criterion, const SelectionSpec& spec, const Engine& engine,
               cudaStream_t stream) {
  const std::int64_t bytes = workspace_bytes(criterion, spec, engine);
  const OwnMemory workspace(bytes);
  const OwnMemory indices(spec.count * static_cast<std::int64_t>(sizeof(std::int64_t)));
  const OwnMemory scores(spec.count * static_cast<std::int64_t>(sizeof(double)));
  const OwnMemory report(sizeof(DeviceReport));
  const DeviceAnswer answer{static_cast<std::int64_t*>(indices.data()),
                            static_cast<double*>(scores.data()),
                            static_cast<DeviceReport*>(report.data())};
  Selector selector(engine);
  selector.enqueue(criterion, spec, answer, {workspace.data(), bytes, stream});
  Downloaded result;
  result.selection.indices.resize(static_cast<std::size_t>(spec.count));
  result.selection.scores.resize(static_cast<std::size_t>(spec.count));
  download(result.selection.indices.data(), answer.indices, spec.count, stream);
  download(result.selection.scores.data(), answer.scores, spec.count, stream);
  download(&result.report, answer.report, 1, stream);
  check(cudaStreamSynchronize(stream), "selecting");
  result.selection.statistics.extra_bytes = bytes;
  return result;
}

/// `criterion` and spec are checked, except that ids are distinct.
template <class HostCriterion>
Selection select_from_host(const HostCriterion& criterion, const SelectionSpec& spec,
                           const Engine& engine) {
  const auto start = std::chrono::steady_clock::now();
  const OwnStream stream;
  Upload upload(stream.get());
  const auto device_criterion = uploaded(criterion, upload);
  auto [selection, report] = run(device_criterion, spec, engine, stream.get());
  check_report(report, spec, device_criterion.candidates());
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - start;
  SelectionStatistics& statistics = selection.statistics;
  statistics.backend = "cuda";
  statistics.select_ms = elapsed.count();
  statistics.nan_count = report.nan_count;
  statistics.mean_own_score_super_batch = report.mean_own_score_super_batch;
  statistics.mean_own_score_picks = report.mean_own_score_picks;
  statistics.own_score_deviation = report.own_score_deviation;
  return selection;
}

template <class Pairs>
Selection select_pairs(const Pairs& pairs, const SelectionSpec& spec, const Engine& engine) {
  check_pairs("select", pairs);
  check_counts(spec, pairs.candidates());
  return select_from_host(pairs, spec, engine);
}

}  // namespace

Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec) {
  return select_pairs(pairs, spec, {});
}
Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec) {
  return select_pairs(pairs, spec, {});
}
Selection select(const SigmoidPairs& pairs, const SelectionSpec& spec, const Engine& engine) {
  return select_pairs(pairs, spec, engine);
}
Selection select(const SoftmaxPairs& pairs, const SelectionSpec& spec, const Engine& engine) {
  return select_pairs(pairs, spec, engine);
}

Selection select(const GradientAlignment& criterion, const SelectionSpec& spec) {
  check_criterion(criterion);
  check_counts(spec, criterion.features.rows);
  return select_from_host(criterion, spec, {});
}
Selection select(const EmbeddingDiversity& criterion, const SelectionSpec& spec) {
  check_criterion(criterion);
  check_counts(spec, criterion.embeddings.rows);
  return select_from_host(criterion, spec, {});
}
Selection select(const Losses& losses, const SelectionSpec& spec, const ScoreWeights& weights) {
  check_counts(spec, check_losses(losses, weights));
  return select_from_host(WeighedLosses{losses, weights}, spec, {});
}

}  // namespace jest::cuda

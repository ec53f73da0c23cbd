#include "train/cached_reference.hpp"

#include <algorithm>
#include <unordered_set>

#include "cached/cached_model.hpp"

namespace jest::apps::train {
namespace {

using cached::CachedFiles;
using cached::CachedModel;

constexpr std::int64_t kLeastCurated = 16;  ///< pairs that a scale and bias are fitted to

CachedFiles files_of(const CachedReferenceOptions& options) {
  CachedFiles files;
  files.x = options.reference_x;
  files.y = options.reference_y;
  files.ids = options.reference_ids;
  files.scale = options.reference_scale;
  files.bias = options.reference_bias;
  if (!options.reference_names.empty()) {
    files.names = cached::ArrayNames::from("--reference-names", options.reference_names);
  }
  return files;
}

/// Those of the files, or the pool's, row by row.
std::vector<std::int64_t> ids_of(const std::string& option, const CachedModel& model,
                                 const ExampleTable& pool) {
  if (model.ids().ids.empty()) {
    if (model.rows() == pool.rows()) return pool.ids;
    refuse(option, text("ids, or the pool's ", pool.rows(), " rows in its order"), model.rows(),
           " rows without ids");
  }
  const std::vector<std::int64_t>& ids = model.ids().ids;
  const std::unordered_set<std::int64_t> known(ids.begin(), ids.end());
  for (const std::int64_t id : pool.ids) {
    if (!known.contains(id)) refuse(option, "every id of the pool", "none of id ", id);
  }
  return ids;
}

CachedReferenceCost cost_of(const CachedReferenceOptions& options, const CachedModel& model) {
  return {options.reference_flops.value_or(model.cost().flops),
          options.reference_cpu_seconds.value_or(model.cost().cpu_seconds)};
}

/// Rows of the curated pairs, one after the other.
struct CuratedRows {
  std::vector<float> x, y;
  std::int64_t pairs = 0;
};

/// Ids that the pool has, too, are of the pool's rows.
CuratedRows curated_rows(const GivenEmbeddings& given, const ExampleTable& pool,
                         const ExampleTable& curated) {
  std::unordered_set<std::int64_t> wanted(curated.ids.begin(), curated.ids.end());
  for (const std::int64_t id : pool.ids) wanted.erase(id);
  const MatrixView &x = given.embeddings.x, &y = given.embeddings.y;
  CuratedRows rows;
  for (std::int64_t k = 0; k < x.rows; ++k) {
    if (!wanted.contains(given.ids[static_cast<std::size_t>(k)])) continue;
    rows.x.insert(rows.x.end(), x.row(k), x.row(k) + x.cols);
    rows.y.insert(rows.y.end(), y.row(k), y.row(k) + y.cols);
    ++rows.pairs;
  }
  return rows;
}

std::string fit(GivenEmbeddings& given, const ExampleTable& pool, const ExampleTable& curated,
                std::int64_t count) {
  const CuratedRows rows = curated_rows(given, pool, curated);
  if (rows.pairs < kLeastCurated) {
    refuse("--reference-embeddings",
           text("a logit scale and bias: arrays, --reference-scale and --reference-bias, or ",
                kLeastCurated, " curated pairs among the rows to fit them to"),
           rows.pairs, " curated pairs");
  }
  const std::int64_t width = given.embeddings.x.cols;
  const LogitFit found = fit_scale_and_bias(matrix_view(rows.x.data(), rows.pairs, width),
                                            matrix_view(rows.y.data(), rows.pairs, width),
                                            Contrast::kSigmoid, std::max<std::int64_t>(count, 2));
  given.embeddings.scale = found.scale;
  given.embeddings.bias = found.bias;
  return text("scale ", found.scale, " and bias ", found.bias, " fitted to ", found.pairs,
              " curated pairs");
}

CachedReference<LossStore> losses_from(const std::string& option, const CachedFiles& files,
                                       const CachedReferenceOptions& options,
                                       const ExampleTable& pool) {
  const CachedModel model(option, files);
  return {LossStore(ids_of(option, model, pool), model.losses()), cost_of(options, model),
          model.checksum()};
}

}  // namespace

CachedReference<EmbeddingStore> cached_embeddings(const CachedReferenceOptions& options,
                                                  const ExampleTable& pool,
                                                  const ExampleTable& curated, std::int64_t count) {
  const std::string option = "--reference-embeddings";
  CachedFiles files = files_of(options);
  files.pairs = options.reference_cache;
  const auto model = std::make_shared<CachedModel>(option, files);
  const std::string checksum = model->checksum();
  model->forget_sources();
  GivenEmbeddings given{
      .ids = ids_of(option, *model, pool),
      .embeddings = {model->x(), model->y(), model->scale().value_or(1), model->bias().value_or(0)},
      .memory = model,
      .expect_unchanged = [model] { model->expect_unchanged(); }};
  if (model->scale().has_value() != model->bias().has_value()) {
    refuse(option, "both a scale and a bias, or neither", "one of them");
  }
  std::string fitted;
  if (!model->scale() || !model->bias()) fitted = fit(given, pool, curated, count);
  return {EmbeddingStore(std::move(given)), cost_of(options, *model), checksum, fitted};
}

CachedReference<LossStore> cached_losses(const CachedReferenceOptions& options,
                                         const ExampleTable& pool) {
  CachedFiles files = files_of(options);
  files.losses = options.reference_cache;
  return losses_from("--reference-losses", files, options, pool);
}

CachedReference<LossStore> cascade_losses(const CachedReferenceOptions& options,
                                          const ExampleTable& pool) {
  CachedFiles files;
  files.losses = options.cascade_losses;
  if (!options.reference_names.empty()) {
    files.names = cached::ArrayNames::from("--reference-names", options.reference_names);
  }
  // A stated cost is that of all files, and stands with the reference where that is given, too.
  CachedReferenceOptions stated = options;
  if (options.has_cached_reference() && options.reference_flops) stated.reference_flops = 0;
  if (options.has_cached_reference() && options.reference_cpu_seconds) {
    stated.reference_cpu_seconds = 0;
  }
  return losses_from("--cascade-losses", files, stated, pool);
}

}  // namespace jest::apps::train

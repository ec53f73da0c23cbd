#include "train/experiment_data.hpp"

#include <algorithm>

#include "jest/core/error.hpp"
#include "train/arms.hpp"

namespace jest {
namespace {

using Json = nlohmann::ordered_json;

void at_least(const char* what, std::int64_t least, const PairTable& table) {
  if (table.rows() < least) refuse(what, text("at least ", least, " pairs"), table.rows());
}

Json tag_shares(const PairTable& table) {
  Json shares = Json::object();
  std::vector<std::int64_t> counts(table.tag_names.size());
  for (const std::int32_t tag : table.tags) ++counts[tag];
  for (std::size_t tag = 0; tag < counts.size(); ++tag) {
    shares[table.tag_names[tag]] = static_cast<double>(counts[tag]) / table.rows();
  }
  return shares;
}

Json describe_table(const std::filesystem::path& path, const PairTable& table) {
  Json json{{"path", path.string()}, {"rows", table.rows()}, {"checksum", table.checksum}};
  if (!table.tags.empty()) json["tags"] = tag_shares(table);
  return json;
}

/// The tag that the curated pairs share, if they do.
Json target_tag(const PairTable& curated) {
  return curated.tag_names.size() == 1 ? Json(curated.tag_names.front()) : Json(nullptr);
}

}  // namespace

std::int64_t candidates_of(const Arm& arm, const PairsOptions& shared) {
  const PairsOptions options = options_of(arm, shared);
  return arm.kind == ArmKind::kCascade ? options.cascade_from : options.super_batch;
}

ExperimentData read_data(const PairsOptions& options) {
  ExperimentData data{read_text_pairs(options.curated), read_text_pairs(options.pool),
                      read_text_pairs(options.eval)};
  at_least("--eval", 2, data.eval->table);
  if (options.reference.empty()) {
    at_least("--curated, which holds a batch", options.count, data.curated->table);
  }
  const auto& tags = data.pool->table.tag_names;
  if (std::find(tags.begin(), tags.end(), "step") != tags.end()) {
    refuse("--pool", "tags other than step, a name that summary.json needs", "step");
  }
  for (const std::string& name : options.arms) {
    const Arm arm = find_arm(name);
    at_least("--pool, which holds a super-batch", candidates_of(arm, options), data.pool->table);
    if (arm.kind == ArmKind::kOracle) rows_with_tag(data.pool->table, arm.tag, options.count);
  }
  return data;
}

Json describe_data(const PairsOptions& options, const ExperimentData& data) {
  return {{"curated", describe_table(options.curated, data.curated->table)},
          {"pool", describe_table(options.pool, data.pool->table)},
          {"eval", describe_table(options.eval, data.eval->table)},
          {"super_batch", options.super_batch},
          {"count", options.count},
          {"chunks", options.chunks},
          {"gain", options.gain},
          {"interaction", options.interaction_schedule().value},
          {"interaction_start", options.interaction_schedule().start},
          {"target_tag", target_tag(data.curated->table)}};
}

std::vector<std::int64_t> rows_with_tag(const PairTable& pool, const std::string& tag,
                                        std::int64_t least) {
  const auto found = std::find(pool.tag_names.begin(), pool.tag_names.end(), tag);
  std::vector<std::int64_t> rows;
  for (std::size_t row = 0; row < pool.tags.size(); ++row) {
    if (pool.tags[row] == found - pool.tag_names.begin()) {
      rows.push_back(static_cast<std::int64_t>(row));
    }
  }
  if (static_cast<std::int64_t>(rows.size()) < least) {
    refuse("--arms oracle:" + tag, text("at least ", least, " pool pairs of this tag"),
           rows.size());
  }
  return rows;
}

TextTowersSpec towers_spec(const PairsOptions& options) { return {.initial_bias = options.bias}; }

TextTowersSpec reference_spec(const PairsOptions& options) {
  return {.width = options.reference_width,
          .hidden = options.reference_hidden,
          .initial_bias = options.bias};
}

}  // namespace jest

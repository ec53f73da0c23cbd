#include "train/experiment_data.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "jest/core/error.hpp"
#include "jest/core/noise.hpp"
#include "utf8.hpp"

namespace jest::apps::train {
namespace {

using Json = nlohmann::ordered_json;

void at_least(const char* what, std::int64_t least, const ExampleTable& table) {
  if (table.rows() < least) refuse(what, text("at least ", least, " examples"), table.rows());
}

Json tag_shares(const ExampleTable& table) {
  Json shares = Json::object();
  std::vector<std::int64_t> counts(table.tag_names.size());
  for (const std::int32_t tag : table.tags) ++counts[tag];
  for (std::size_t tag = 0; tag < counts.size(); ++tag) {
    shares[table.tag_names[tag]] = static_cast<double>(counts[tag]) / table.rows();
  }
  return shares;
}

/// What is wanted of the pool: "true" where it is tagged by whether names are right, else the tag
/// that the curated examples share, if they do.
Json target_tag(const ExampleTable& curated, const ExampleTable& pool) {
  if (std::set(pool.tag_names.begin(), pool.tag_names.end()) ==
      std::set<std::string>{"noise", "true"}) {
    return "true";
  }
  return curated.tag_names.size() == 1 ? Json(curated.tag_names.front()) : Json(nullptr);
}

}  // namespace

std::vector<std::int64_t> spread_rows(const std::vector<std::int64_t>& rows, std::int64_t most) {
  const std::int64_t all = std::ssize(rows), count = most == 0 ? all : std::min(most, all);
  std::vector<std::int64_t> spread;
  for (std::int64_t k = 0; k < count; ++k) {
    spread.push_back(rows[static_cast<std::size_t>(k * all / count)]);
  }
  return spread;
}

std::vector<std::int64_t> spread_rows(const ExampleTable& table, std::int64_t most) {
  return spread_rows(all_rows(table), most);
}

HeldOutRows share_out(const ExampleTable& table, const std::vector<std::int64_t>& rows,
                      const ExperimentOptions& options, std::int64_t most) {
  if (options.validation_share == 0) return {spread_rows(rows, most)};
  constexpr std::uint32_t kRound = 0x76616c69;  // apart from all draws of a run
  HeldOutRows parts;
  for (const std::int64_t row : rows) {
    const std::int64_t id = table.ids[static_cast<std::size_t>(row)];
    const bool kept = uniform_noise({}, id, kRound) < options.validation_share;
    (kept ? parts.validation : parts.reported).push_back(row);
  }
  const auto fewer = std::min(std::ssize(parts.reported), std::ssize(parts.validation));
  if (fewer < 2) {
    refuse("--validation-share", "a share that leaves two examples of each set on either side",
           options.validation_share);
  }
  return {spread_rows(parts.reported, most), spread_rows(parts.validation, most)};
}

std::string eval_name(const std::filesystem::path& path) {
  std::string stem = utf8_of(path.stem().string());
  stem.erase(std::min(stem.find('{'), stem.size()));  // of eval-git-{000..003}.tar, git
  while (stem.ends_with('-')) stem.pop_back();
  const std::size_t dash = stem.find('-');
  return dash == stem.npos ? "" : stem.substr(dash + 1);
}

void check_names_of_sets(const std::vector<std::string>& names) {
  if (std::set(names.begin(), names.end()).size() == names.size()) return;
  refuse("--eval", "files that differ in their names after the first -", "two of one name");
}

std::int64_t drawn_at_once(const Arm& arm, const ExperimentOptions& of_arm) {
  const bool whole = arm.kind == ArmKind::kOracle || arm.kind == ArmKind::kCurated;
  return whole ? of_arm.count : candidates_of(arm.method, of_arm);
}

std::int64_t candidates_of(const Method& method, const ExperimentOptions& of_arm) {
  return method.cascade ? of_arm.cascade_from : of_arm.super_batch;
}

void check_curated(const ExampleTable& curated, std::int64_t count) {
  at_least("--curated, which holds a batch", count, curated);
}

void check_pool(const ExampleTable& pool, const ExperimentOptions& options) {
  at_least("--pool, which holds a super-batch", options.super_batch, pool);
  const auto& tags = pool.tag_names;
  if (std::find(tags.begin(), tags.end(), "step") != tags.end()) {
    refuse("--pool", "tags other than step, a name that summary.json needs", "step");
  }
}

void check_rows_for(const Arm& arm, const ExampleTable& curated, const ExampleTable& pool,
                    const ExperimentOptions& of_arm) {
  const std::string who = "--arms " + arm.name;
  const CuratedShare share = of_arm.curated_share();
  if (arm.kind == ArmKind::kCurated) {
    check_curated(curated, of_arm.count);
    if (share.mixes()) refuse(who, "no --curated-share", of_arm.curated_share_name);
    if (of_arm.filters()) refuse(who, "no --filter", of_arm.filter_share);
    return;
  }
  if (arm.kind == ArmKind::kOracle && of_arm.filters()) {
    refuse(who, "no --filter", of_arm.filter_share);
  }
  std::int64_t needed = drawn_at_once(arm, of_arm);
  if (share.natural) {
    needed -= curated.rows();
  } else if (share.mixes()) {
    const std::int64_t drawn = share.of(needed);
    if (curated.rows() < drawn) {
      refuse("--curated-share", text("at most the ", curated.rows(), " curated examples a step"),
             drawn);
    }
    needed -= drawn;
  }
  at_least("--pool, which holds a super-batch", needed, pool);
  if (arm.kind == ArmKind::kOracle) rows_with_tag(pool, arm.tag, needed);
  const std::int64_t left = Filter{.share = of_arm.filter_share}.kept_of(pool.rows());
  if (left < needed) {
    refuse("--filter", text("a share that leaves ", needed, " examples of the pool"), left);
  }
}

Json describe_table(const std::filesystem::path& path, const ExampleTable& table) {
  Json json{{"path", path.string()}, {"rows", table.rows()}, {"checksum", table.checksum}};
  if (!table.tags.empty()) json["tags"] = tag_shares(table);
  return json;
}

Json describe_sizes(const ExperimentOptions& options, const ExampleTable& curated,
                    const ExampleTable& pool) {
  return {{"super_batch", options.super_batch},
          {"count", options.count},
          {"chunks", options.chunks},
          {"gain", options.gain},
          {"interaction", options.interaction_schedule().value},
          {"interaction_start", options.interaction_schedule().start},
          {"target_tag", target_tag(curated, pool)}};
}

std::vector<std::int64_t> rows_with_tag(const ExampleTable& pool, const std::string& tags,
                                        std::int64_t least) {
  std::istringstream names(tags + "+");
  std::set<std::string> wanted;
  for (std::string name; std::getline(names, name, '+');) {
    if (std::ranges::find(pool.tag_names, name) == pool.tag_names.end()) {
      refuse("--arms oracle:" + tags, "tags of the pool", "'" + name + "'");
    }
    wanted.insert(name);
  }
  std::vector<std::int64_t> rows;
  for (std::size_t row = 0; row < pool.tags.size(); ++row) {
    if (wanted.contains(pool.tag_names[pool.tags[row]])) {
      rows.push_back(static_cast<std::int64_t>(row));
    }
  }
  if (static_cast<std::int64_t>(rows.size()) < least) {
    refuse("--arms oracle:" + tags, text("at least ", least, " pool examples of this tag"),
           rows.size());
  }
  return rows;
}

std::map<std::string, std::int64_t> count_tags(const ExampleTable& table,
                                               std::span<const std::int64_t> rows) {
  std::map<std::string, std::int64_t> counts;
  if (table.tags.empty()) return counts;
  for (const std::int64_t row : rows) ++counts[table.tag_names[table.tags[row]]];
  return counts;
}

}  // namespace jest::apps::train

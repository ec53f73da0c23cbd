#pragma once
// The tables of an experiment, read and checked together.

#include <algorithm>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jest/data/tables.hpp"
#include "train/arm_setup.hpp"

namespace jest::apps::train {

template <class Table>
using Shared = std::shared_ptr<const Table>;

/// Rows of a held-out set are evaluated, or kept for choices: --validation-share.
enum class HeldOut { kReported, kValidation };

struct HeldOutRows {
  std::vector<std::int64_t> reported;
  std::vector<std::int64_t> validation = {};
};

/// Parts rows by their ids, and spreads `most` over each part; 0: all. Throws where a part that
/// should have rows has fewer than two.
HeldOutRows share_out(const ExampleTable& table, const std::vector<std::int64_t>& rows,
                      const ExperimentOptions& options, std::int64_t most);

/// A held-out table by the end of its file's name: "git" of eval-git.safetensors, "" of eval.tsv.
template <class Table>
struct EvalSet {
  std::string name;
  Shared<Table> table;
  HeldOutRows rows;

  const std::vector<std::int64_t>& of(HeldOut part) const {
    return part == HeldOut::kReported ? rows.reported : rows.validation;
  }
};

template <class Table>
struct ExperimentData {
  Shared<Table> curated;
  Shared<Table> pool;
  Shared<Table> candidates;  ///< the pool, and behind it the curated rows where an arm mixes them
  std::vector<EvalSet<Table>> eval;

  std::vector<std::string> set_names() const {
    std::vector<std::string> names;
    for (const EvalSet<Table>& set : eval) names.push_back(set.name);
    return names;
  }
};

/// `most` rows spread evenly over a table, or over some, or all of them where it is 0.
std::vector<std::int64_t> spread_rows(const std::vector<std::int64_t>& rows, std::int64_t most);
std::vector<std::int64_t> spread_rows(const ExampleTable& table, std::int64_t most);

std::string eval_name(const std::filesystem::path& path);

/// Throws when two sets have one name.
void check_names_of_sets(const std::vector<std::string>& names);

/// Size of an arm's super-batches.
std::int64_t candidates_of(const Method& method, const ExperimentOptions& of_arm);
/// What an arm draws at a step: those, or where nothing is passed over, the batch.
std::int64_t drawn_at_once(const Arm& arm, const ExperimentOptions& of_arm);

/// Throws unless the tables hold the batches asked for.
void check_curated(const ExampleTable& curated, std::int64_t count);
void check_pool(const ExampleTable& pool, const ExperimentOptions& options);
/// And those that an arm draws from are enough for its batches.
void check_rows_for(const Arm& arm, const ExampleTable& curated, const ExampleTable& pool,
                    const ExperimentOptions& of_arm);

/// Names the file that memory does not suffice for.
template <class Read>
auto read_table(const std::filesystem::path& path, const Read& read) {
  try {
    return read(path);
  } catch (const std::bad_alloc&) {
    throw Error("read " + path.string() + ": not enough memory for its rows");
  }
}

/// Whether an arm draws curated examples, too.
template <class Options>
bool mixes(const Options& options) {
  return std::ranges::any_of(options.arms, [&](const std::string& name) {
    return setup_of(find_arm(name, &Options::knows), options).options.curated_share().mixes();
  });
}

template <class Table, class Options, class Read>
ExperimentData<Table> read_data(const Options& options, const Read& read) {
  ExperimentData<Table> data;
  data.curated = read_table(options.curated, read);
  data.pool = read_table(options.pool, read);
  if (options.reference.empty()) check_curated(*data.curated, options.count);
  check_pool(*data.pool, options);
  for (const auto& path : options.eval) {
    const Shared<Table> table = read_table(path, read);
    AtLeast{2}("--eval, examples", table->rows());
    // A task may take fewer.
    data.eval.push_back({eval_name(path), table, share_out(*table, all_rows(*table), options, 0)});
  }
  data.candidates = data.pool;
  check_names_of_sets(data.set_names());
  return data;
}

/// {"path", "rows", "checksum", "tags"}
nlohmann::ordered_json describe_table(const std::filesystem::path& path, const ExampleTable& table);

/// The "data" object of summary.json but for the tables.
nlohmann::ordered_json describe_sizes(const ExperimentOptions& options, const ExampleTable& curated,
                                      const ExampleTable& pool);

template <class Table>
nlohmann::ordered_json describe_data(const ExperimentOptions& options,
                                     const ExperimentData<Table>& data) {
  nlohmann::ordered_json json{{"curated", describe_table(options.curated, *data.curated)},
                              {"pool", describe_table(options.pool, *data.pool)},
                              {"eval", nlohmann::ordered_json::array()}};
  for (std::size_t k = 0; k < data.eval.size(); ++k) {
    const EvalSet<Table>& set = data.eval[k];
    nlohmann::ordered_json entry{{"name", set.name}};
    entry.update(describe_table(options.eval[k], *set.table));
    entry["evaluated"] = std::ssize(set.rows.reported);
    if (!set.rows.validation.empty()) entry["validation"] = std::ssize(set.rows.validation);
    json["eval"].push_back(entry);
  }
  json.update(describe_sizes(options, *data.curated, *data.pool));
  return json;
}

/// Rows of the pool that carry one of TAG+TAG...; throws when they are fewer than `least`.
std::vector<std::int64_t> rows_with_tag(const ExampleTable& pool, const std::string& tags,
                                        std::int64_t least);

/// How many of `rows` carry each tag; nothing when the table has none.
std::map<std::string, std::int64_t> count_tags(const ExampleTable& table,
                                               std::span<const std::int64_t> rows);

}  // namespace jest::apps::train

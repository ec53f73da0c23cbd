#pragma once
// The tables of an experiment, read and checked together.

#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "jest/data/tables.hpp"
#include "train/arms.hpp"
#include "train/options.hpp"

namespace jest::apps::train {

template <class Table>
using Shared = std::shared_ptr<const Table>;

/// A held-out table by the end of its file's name: "git" of eval-git.safetensors, "" of eval.tsv.
template <class Table>
struct EvalSet {
  std::string name;
  Shared<Table> table;
  std::vector<std::int64_t> evaluated;  ///< rows that an evaluation uses
};

template <class Table>
struct ExperimentData {
  Shared<Table> curated;
  Shared<Table> pool;
  std::vector<EvalSet<Table>> eval;

  std::vector<std::string> set_names() const {
    std::vector<std::string> names;
    for (const EvalSet<Table>& set : eval) names.push_back(set.name);
    return names;
  }
};

/// `most` rows spread evenly over a table, or all of them where it is 0.
std::vector<std::int64_t> spread_rows(const ExampleTable& table, std::int64_t most);

std::string eval_name(const std::filesystem::path& path);

/// Throws when two sets have one name.
void check_names_of_sets(const std::vector<std::string>& names);

/// Size of an arm's super-batches.
std::int64_t candidates_of(const Method& method, const ExperimentOptions& of_arm);

/// Throws unless the tables hold the batches asked for.
void check_curated(const ExampleTable& curated, std::int64_t count);
void check_pool(const ExampleTable& pool, const ExperimentOptions& options);
void check_pool_for(const Arm& arm, const ExampleTable& pool, const ExperimentOptions& of_arm);

/// Names the file that memory does not suffice for.
template <class Read>
auto read_table(const std::filesystem::path& path, const Read& read) {
  try {
    return read(path);
  } catch (const std::bad_alloc&) {
    throw Error("read " + path.string() + ": not enough memory for its rows");
  }
}

template <class Table, class Read>
ExperimentData<Table> read_data(const ExperimentOptions& options, const Read& read) {
  ExperimentData<Table> data;
  data.curated = read_table(options.curated, read);
  data.pool = read_table(options.pool, read);
  if (options.reference.empty()) check_curated(*data.curated, options.count);
  check_pool(*data.pool, options);
  for (const auto& path : options.eval) {
    const Shared<Table> table = read_table(path, read);
    AtLeast{2}("--eval, examples", table->rows());
    data.eval.push_back({eval_name(path), table, all_rows(*table)});  // a task may take fewer
  }
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
    entry["evaluated"] = std::ssize(set.evaluated);
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

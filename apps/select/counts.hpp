#pragma once
// jest-select counts: losses of texts by a guide that counts n-grams, and picks by them.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <optional>
#include <string>

#include "jest/criteria/count_guide.hpp"
#include "jest/select/selection.hpp"
#include "select/token_rows.hpp"

namespace jest::apps::select {

/// What a guide counts n-grams of.
enum class CountedUnit { kByte, kWord, kToken };

/// Registers its options with `command`, which fills it on parsing; it must outlive that.
struct CountArguments {
  std::filesystem::path curated, pool;
  std::filesystem::path out;  ///< of losses, or of picks
  CountKind kind = CountKind::kHashed;
  CountedUnit unit = CountedUnit::kByte;
  TokenSpec tokens;
  std::uint64_t seed = 0;
  std::optional<std::int64_t> count;  ///< of picks
  std::optional<double> gain;         ///< drawn; the lowest losses where there is none
  std::int64_t step = 0;

  explicit CountArguments(CLI::App& command);
  CountArguments(const CountArguments&) = delete;
  CountArguments& operator=(const CountArguments&) = delete;

  /// Throws unless the options fit each other.
  void check() const;
  CountGuideSpec guide() const;
};

/// Reads, counts, scores, writes what was asked for, and answers with a line of JSON.
std::string counts_answer(const CountArguments& arguments);

}  // namespace jest::apps::select

#include "select/answer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "io/npy_header.hpp"
#include "jest/io/atomic_file.hpp"
#include "jest/select/select.hpp"
#include "select/inputs.hpp"

namespace jest::apps::select {
namespace {

constexpr const char* kFlat =
    "own scores of all candidates agree against the gain: this selection cannot tell them apart";
constexpr const char* kStrangers =
    "the reference takes many pairs that do not belong together for matches: fit its scale and "
    "bias to curated pairs (jest-select calibrate)";

nlohmann::ordered_json json_of(const Selection& selection) {
  const SelectionStatistics& statistics = selection.statistics;
  return {{"indices", selection.indices},
          {"scores", selection.scores},
          {"statistics",
           {{"backend", statistics.backend},
            {"instruction_set", statistics.instruction_set},
            {"fell_back", statistics.fell_back},
            {"select_ms", statistics.select_ms},
            {"extra_bytes", statistics.extra_bytes},
            {"nan_count", statistics.nan_count},
            {"mean_own_score_super_batch", statistics.mean_own_score_super_batch},
            {"mean_own_score_picks", statistics.mean_own_score_picks},
            {"own_score_deviation", statistics.own_score_deviation}}}};
}

template <class Word>
std::string npy_of(const std::string& descr, const std::vector<std::int64_t>& shape,
                   const std::vector<Word>& words) {
  return npy_bytes(descr, shape, std::as_bytes(std::span(words)));
}

std::string positions_npy(const std::vector<Selection>& selections) {
  std::vector<std::int64_t> all;
  for (const Selection& selection : selections) {
    std::ranges::copy(selection.indices, std::back_inserter(all));
  }
  const auto steps = std::ssize(selections), count = std::ssize(selections[0].indices);
  return steps == 1 ? npy_of("'<i8'", {count}, all) : npy_of("'<i8'", {steps, count}, all);
}

std::string uids_npy(const Selection& selection, const std::vector<cached::Uid>& uids) {
  std::vector<cached::Uid> picked;
  for (const std::int64_t position : selection.indices) picked.push_back(uids[position]);
  std::ranges::sort(picked);
  return npy_of("[('f0', '<u8'), ('f1', '<u8')]", {std::ssize(picked)}, picked);
}

std::string content_of(const std::vector<Selection>& selections, const SelectArguments& arguments,
                       const Inputs& inputs) {
  if (arguments.answer() == Answer::kPositions) return positions_npy(selections);
  if (arguments.answer() == Answer::kUids) return uids_npy(selections.front(), inputs.ids().uids);
  std::string lines;
  for (std::size_t k = 0; k < selections.size(); ++k) {
    auto json = json_of(selections[k]);
    if (selections.size() > 1) json["step"] = arguments.steps().first + static_cast<int>(k);
    lines += json.dump() + "\n";
  }
  return lines;
}

}  // namespace

void answer(const SelectArguments& arguments, std::ostream& output, std::ostream& remarks) {
  arguments.check();
  const Inputs inputs(arguments);
  if (arguments.answer() == Answer::kUids && inputs.ids().uids.empty()) {
    refuse("--answer uids", "128-bit uids in --ids or the files", "none");
  }
  std::vector<Selection> selections;
  const Steps steps = arguments.steps();
  for (std::int64_t step = steps.first; step < steps.end; ++step) {
    selections.push_back(inputs.select(step));
  }
  const auto& sampling = arguments.spec().sampling;
  const auto is_flat = [&](const Selection& one) {
    return one.is_flat(sampling, inputs.candidates());
  };
  if (inputs.takes_strangers_for_matches()) remarks << "jest-select: " << kStrangers << '\n';
  if (std::ranges::any_of(selections, is_flat)) remarks << "jest-select: " << kFlat << '\n';
  inputs.expect_unchanged();
  const std::string content = content_of(selections, arguments, inputs);
  arguments.out().empty() ? void(output << content) : write_file(arguments.out(), content);
}

}  // namespace jest::apps::select

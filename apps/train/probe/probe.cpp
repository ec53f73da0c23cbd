// Which rows a probe looks at, and its command.

#include "train/probe/probe.hpp"

#include "jest/core/noise.hpp"
#include "train/probe/useful_share.hpp"
#include "train/tasks.hpp"

namespace jest::apps::train {

bool held_out_of_probe(std::int64_t id) {
  constexpr std::uint32_t kKey = 0x50726f62, kOneIn = 5;
  const auto name = static_cast<std::uint64_t>(id);
  const auto words = philox4x32_10({low_word(name), high_word(name), 0, 0}, {kKey, 0});
  return words[0] % kOneIn == 0;
}

std::vector<std::int64_t> rows_held_out(const ExampleTable& curated) {
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < curated.rows(); ++row) {
    if (held_out_of_probe(curated.ids[row])) rows.push_back(row);
  }
  if (std::ssize(rows) < kLeastLosses) {
    refuse("probe --curated",
           text("at least ", kLeastLosses, " examples in the fifth that is held out"), rows.size(),
           " of ", curated.rows());
  }
  return rows;
}

void add_probe(CLI::App& app, const std::string& command_line) {
  CLI::App* probe = app.add_subcommand("probe", "Say whether selection would pay on a pool");
  probe->require_subcommand(1)->fallthrough();
  for (const TaskEntry& task : tasks()) {
    if (task.add_probe) task.add_probe(*probe, command_line);
  }
}

}  // namespace jest::apps::train

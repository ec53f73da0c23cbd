#include "train/probe/probe.hpp"

#include "jest/core/philox.hpp"
#include "train/images/images_task.hpp"
#include "train/pairs/pairs_task.hpp"
#include "train/probe/probe_run.hpp"
#include "train/text/text_task.hpp"

namespace jest::apps::train {
namespace {

/// What a reference and a look at losses have no use for. Not --reference either: some curated
/// examples must stay unseen.
constexpr const char* kNotOfProbes[] = {"--eval",         "--arms",
                                        "--seeds",        "--steps",
                                        "--super-batch",  "--chunks",
                                        "--gain",         "--cascade-from",
                                        "--cascade-to",   "--cascade-gain",
                                        "--interaction",  "--backend",
                                        "--select-start", "--select-end",
                                        "--select-every", "--select-stop",
                                        "--reference",    "--cache-reference",
                                        "--eval-every",   "--checkpoint-every",
                                        "--gradients",    "--channels",
                                        "--hidden",       "--half-resolution",
                                        "--eval-rows",    "--width",
                                        "--step-size",    "--learnability-weight",
                                        "--refresh-every"};

template <class T>
void add_task(CLI::App& app, ProbeOptions<typename T::Options>& options, const char* description) {
  CLI::App* command = app.add_subcommand(T::kName, description);
  options.add_to(*command);
  for (const char* name : kNotOfProbes) {
    if (CLI::Option* option = command->get_option_no_throw(name)) command->remove_option(option);
  }
  command->fallthrough()->allow_config_extras(CLI::config_extras_mode::error);
  command->get_option("--resume")->description("Probe anew in the folder of an earlier probe");
  command->add_option("--map", options.map, "map.json that studies/study map wrote")
      ->capture_default_str();
  command->add_option("--probe-rows", options.probe_rows, "Rows of the pool that are looked at")
      ->capture_default_str();
  command->callback([&options] { run_probe<T>(options); });
}

}  // namespace

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

std::vector<std::int64_t> spread_over(std::int64_t rows, std::int64_t count) {
  const std::int64_t taken = std::min(rows, count);
  std::vector<std::int64_t> all;
  for (std::int64_t k = 0; k < taken; ++k) all.push_back(k * rows / taken);
  return all;
}

void add_probe(CLI::App& app, Probes& probes, const std::string& command) {
  CLI::App* probe = app.add_subcommand("probe", "Say whether selection would pay on a pool");
  probe->require_subcommand(1)->fallthrough();
  probes.pairs.command = probes.images.command = probes.text.command = command;
  add_task<PairsTask>(*probe, probes.pairs, "A pool of text pairs");
  add_task<ImagesTask>(*probe, probes.images, "A pool of named images");
  add_task<TextTask>(*probe, probes.text, "A pool of byte sequences");
}

}  // namespace jest::apps::train

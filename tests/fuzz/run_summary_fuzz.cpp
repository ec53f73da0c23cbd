// The metrics of a finished run, summed up for summary.json.
#include "fuzz.hpp"
#include "jest/methods/methods.hpp"
#include "train/summary.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const auto path = folder.write("metrics.jsonl", fuzz::text_of(data, size));
  return fuzz::read_or_refuse([&] {
    const std::vector<apps::train::Measure> measures{{.name = "r_at_1", .label = "R@1"}};
    auto runs = nlohmann::ordered_json::array();
    runs.push_back(
        apps::train::summarize_run({.run = {.arm = {.name = "uniform", .method = kUniform}},
                                    .method = kUniform,
                                    .folder = path.parent_path(),
                                    .measures = measures}));
    apps::train::add_targets(runs, measures.front());
    apps::train::write_summary(path.parent_path(), {{"runs", runs}});
  });
}

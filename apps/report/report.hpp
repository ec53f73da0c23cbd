#pragma once
// One HTML page on one or more training-data-selection experiments.

#include <filesystem>
#include <vector>

namespace jest::apps::report {

/// Reads summary.json of each folder and <arm>-seed<k>/metrics.jsonl of every run it lists, and
/// writes a page that needs no network and no script. Throws jest::Error naming the file and what
/// was expected; nothing is written then.
void write_report(const std::vector<std::filesystem::path>& folders,
                  const std::filesystem::path& output);

}  // namespace jest::apps::report

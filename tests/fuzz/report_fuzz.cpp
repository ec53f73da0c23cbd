// What a report is made from: a line with the summary of a run, then the lines of its metrics; and
// the page, which must not fail on what was read.
#include "fuzz.hpp"
#include "jest/io/atomic_file.hpp"
#include "report/report.hpp"
#include "report/summary_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace jest;
  static const fuzz::Folder folder;
  const std::string_view input = fuzz::text_of(data, size);
  const std::size_t end = std::min(input.find('\n'), input.size());
  folder.write("run/summary.json", input.substr(0, end));
  folder.write("run/uniform-seed0/metrics.jsonl", input.substr(end));
  return fuzz::read_or_refuse([&] {
    apps::report::write_report({folder.file("run")}, folder.file("report.html"));
    apps::report::summary_table(nlohmann::json::parse(input.substr(0, end)));
  });
}

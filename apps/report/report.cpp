#include "report/report.hpp"

#include "jest/core/error.hpp"
#include "jest/io/atomic_file.hpp"
#include "report/page_style.hpp"
#include "report/sections.hpp"

namespace jest::apps::report {
namespace {

Html study_section(const Study& study, std::size_t position) {
  return element("section",
                 element("h2", study.experiment.name) + headline_section(study) +
                     results_section(study) + curves_section(study) + picks_section(study) +
                     samples_section(study) + cost_section(study) + reproduce_section(study),
                 attribute("id", anchor(position)));
}

Html head(const std::string& title) {
  return element("head", Html::markup("<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                                      "content=\"width=device-width, initial-scale=1\">\n") +
                             element("title", title) +
                             element("style", Html::markup(page_style())));
}

std::string page(const std::vector<Study>& studies) {
  const bool several = studies.size() > 1;
  Html content = element("h1", "Training on selected data");
  if (several) content += comparison_section(studies);
  for (std::size_t i = 0; i < studies.size(); ++i) content += study_section(studies[i], i);
  content += terms_section(studies);
  const std::string title =
      several ? text(studies.size(), " experiments") : studies.front().experiment.name;
  const Html body = element("body", element("main", content));
  return "<!DOCTYPE html>\n" +
         element("html", head("Report: " + title) + body, "lang=\"en\"").string();
}

}  // namespace

void write_report(const std::vector<std::filesystem::path>& folders,
                  const std::filesystem::path& output) {
  if (folders.empty()) refuse("report", "at least one folder", "none");
  std::vector<Experiment> experiments;
  for (const std::filesystem::path& folder : folders) {
    experiments.push_back(read_experiment(folder));
  }
  std::vector<Study> studies;
  for (const Experiment& experiment : experiments) {
    studies.push_back({experiment, arm_results(experiment)});
  }
  write_file(output, page(studies));
}

}  // namespace jest::apps::report

#include <algorithm>
#include <cmath>

#include "report/number_format.hpp"
#include "report/sample_cell.hpp"
#include "report/sections.hpp"

namespace jest::apps::report {
namespace {

constexpr std::size_t kMostSamples = 6;

bool scores_higher(const Sample& a, const Sample& b) {
  return std::isfinite(a.score) && (!std::isfinite(b.score) || a.score > b.score);
}

Html sample_table(const std::string& title, std::vector<Sample> samples) {
  if (samples.size() > kMostSamples) samples.resize(kMostSamples);
  std::stable_sort(samples.begin(), samples.end(), scores_higher);
  const bool tagged = std::any_of(samples.begin(), samples.end(),
                                  [](const Sample& sample) { return !sample.tag.empty(); });
  Table content{.groups = {}, .columns = {{"Score"}}, .rows = {}};
  if (tagged) content.columns.push_back({"Tag", Align::kText});
  content.columns.push_back({title, Align::kText});
  for (const Sample& sample : samples) {
    std::vector<Html> row{fixed(sample.score, 2)};
    if (tagged) row.push_back(sample.tag);
    row.push_back(sample_cell(sample));
    content.rows.push_back(std::move(row));
  }
  const bool pictured = std::any_of(samples.begin(), samples.end(),
                                    [](const Sample& sample) { return !sample.picture.empty(); });
  return element("div", table(content),
                 pictured ? "class=\"samples pictures\"" : "class=\"samples\"");
}

Html sample_set(const char* when, const SampleSet& set) {
  const std::string title = std::string(when) + ": step " + grouped(set.step);
  return element("h4", title) +
         element("div",
                 sample_table("Picked", set.picked) + sample_table("Passed over", set.passed_over),
                 "class=\"pair\"");
}

const Run* first_with_samples(const ArmResult& arm) {
  for (const Run* run : arm.runs) {
    if (!run->metrics.samples.empty()) return run;
  }
  return nullptr;
}

}  // namespace

Html samples_section(const Study& study) {
  const ArmResult* arm = find_role(study.results, Role::kContender);
  if (!arm) return {};
  const Run* run = first_with_samples(*arm);
  if (!run) {
    return element("p", "Examples of picks are left out: the runs recorded none.",
                   "class=\"absent\"");
  }
  const std::vector<SampleSet>& sets = run->metrics.samples;
  Html section = sample_set("Picked and passed over, early", sets.front());
  if (sets.size() > 1) section += sample_set("Picked and passed over, late", sets.back());
  return section + element("p",
                           "From " + arm->arm + ", seed " + std::to_string(run->seed) +
                               ". The score is learnability under the learner of that step: high "
                               "for what it does not know yet and the reference does.",
                           "class=\"fine\"");
}

}  // namespace jest::apps::report

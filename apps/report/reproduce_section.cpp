#include <cmath>
#include <set>
#include <sstream>
#include <utility>

#include "jest/core/error.hpp"
#include "report/number_format.hpp"
#include "report/sections.hpp"

namespace jest {
namespace {

std::string or_dash(const std::string& content) { return content.empty() ? kNoValue : content; }

Html data_table(const Experiment& experiment) {
  Table content{.groups = {},
                .columns = {{"Data", Align::kText},
                            {"File", Align::kText},
                            {"Rows"},
                            {"Checksum", Align::kText}},
                .rows = {}};
  const std::pair<const char*, const DataFile*> files[] = {{"curated", &experiment.curated},
                                                           {"pool", &experiment.pool},
                                                           {"evaluation", &experiment.eval}};
  for (const auto& [name, file] : files) {
    content.rows.push_back({name, element("code", or_dash(file->path)), grouped(file->rows),
                            element("code", or_dash(file->checksum))});
  }
  return table(content);
}

std::string setting(const char* name, double value) {
  if (!std::isfinite(value)) return "";
  return text(name, " ", value >= 1000 ? grouped(value) : trimmed(value, 4));
}

std::string settings(const Experiment& experiment) {
  const std::string all[] = {setting("super-batch", experiment.super_batch),
                             setting("sub-batch", experiment.count),
                             setting("chunks", experiment.chunks),
                             setting("gain", experiment.gain),
                             setting("interaction", experiment.interaction),
                             setting("interaction from step", experiment.interaction_start)};
  std::string joined;
  for (const std::string& one : all) {
    if (!one.empty()) joined += (joined.empty() ? "" : " · ") + one;
  }
  return joined;
}

std::string seeds(const Experiment& experiment) {
  std::set<std::int64_t> distinct;
  for (const Run& run : experiment.runs) distinct.insert(run.seed);
  std::string joined;
  for (const std::int64_t seed : distinct) joined += text(joined.empty() ? "" : ", ", seed);
  return joined;
}

// Lines break between words only, never after the hyphens of an option.
Html command_line(const std::string& command) {
  std::istringstream words(command);
  Html line;
  for (std::string word; words >> word;) {
    line += element("span", word) + Html(" ");
  }
  return element("pre", element("code", line));
}

Html entry(const char* term, const Html& meaning) {
  return element("dt", term) + element("dd", meaning);
}

}  // namespace

Html reproduce_section(const Study& study) {
  const Experiment& experiment = study.experiment;
  const Html command = experiment.command.empty()
                           ? element("p", "The command was not recorded.", "class=\"absent\"")
                           : command_line(experiment.command);
  return element("h3", "How to reproduce") + command +
         element("dl",
                 entry("Version", or_dash(experiment.version)) + entry("Seeds", seeds(experiment)) +
                     entry("Selection", or_dash(settings(experiment))),
                 "class=\"facts\"") +
         data_table(experiment);
}

Html terms_section() {
  const Html terms =
      entry("Super-batch", "The examples that are scored at a step and chosen from.") +
      entry("Sub-batch", "The picks: the examples of a super-batch that the learner trains on.") +
      entry("Learner, reference",
            "The model in training, and a model trained beforehand on the curated data alone.") +
      entry("Learnability",
            "The learner's loss on an example minus the reference's: high for what is not yet "
            "learned but can be, low for what is known already and for noise.") +
      entry("Joint, independent",
            "Joint selection builds the sub-batch in chunks and scores each chunk given what is "
            "already picked; independent selection scores every example on its own.") +
      entry("R@1, R@10",
            "Share of evaluation queries whose true partner is ranked first, or among the first "
            "ten.") +
      entry("FLOPs ÷ uniform",
            "Counts forward and backward passes of the training run (a backward pass as two "
            "forward passes): learner training, learner scoring and reference scoring. It does "
            "not count the sampler's own arithmetic, loading or evaluation, and says nothing of "
            "how fast the machine does the work: see the times for that.") +
      entry("All-in",
            "The same plus what is paid once before the run: training the reference, and "
            "embedding the pool with it where embeddings are stored.") +
      entry("Uniform", "Sub-batches drawn at random, at the cost of training alone.");
  return element("section", element("h2", "Terms") + element("dl", terms, "class=\"terms\""),
                 "class=\"box\"");
}

}  // namespace jest

// What words of the page mean.

#include <set>

#include "report/sections.hpp"

namespace jest::apps::report {
namespace {

/// Each measure that says what it means, once.
Html measure_terms(const std::vector<Study>& studies) {
  Html terms;
  std::set<std::string> defined;
  for (const Study& study : studies) {
    for (const Measure& measure : study.experiment.measures) {
      if (measure.meaning.empty() || !defined.insert(measure.meaning).second) continue;
      terms += definition(title_of(measure), measure.meaning);
    }
  }
  return terms;
}

}  // namespace

Html terms_section(const std::vector<Study>& studies) {
  const Html terms =
      definition("Super-batch", "The examples that are scored at a step and chosen from.") +
      definition("Sub-batch",
                 "The picks: the examples of a super-batch that the learner trains on.") +
      definition(
          "Learner, reference",
          "The model in training, and a model trained beforehand on the curated data alone.") +
      definition("Learnability",
                 "The learner's loss on an example minus the reference's: high for what is not yet "
                 "learned but can be, low for what is known already and for noise.") +
      definition(
          "Joint, independent",
          "Joint selection builds the sub-batch in chunks and scores each chunk given what is "
          "already picked; independent selection scores every example on its own.") +
      definition(
          "Curated, mixed, filter",
          "What is tried first: uniform training on the curated data alone, on pool and curated "
          "data "
          "together, and on the share of the pool that the reference likes best, chosen once.") +
      measure_terms(studies) +
      definition(
          "FLOPs ÷ uniform",
          "Counts forward and backward passes of the training run (a backward pass as two "
          "forward passes): learner training, learner scoring and reference scoring. It does "
          "not count the sampler's own arithmetic, loading or evaluation, and says nothing of "
          "how fast the machine does the work: see the times for that.") +
      definition("All-in",
                 "The same plus what is paid once before the run: training the reference, and "
                 "embedding the pool with it where embeddings are stored.") +
      definition("Uniform", "Sub-batches drawn at random, at the cost of training alone.");
  return element("section", element("h2", "Terms") + element("dl", terms, "class=\"terms\""),
                 "class=\"box\"");
}

}  // namespace jest::apps::report

#include <algorithm>

#include "report/sections.hpp"

namespace jest::apps::report {
namespace {

struct TaskTerm {
  Task task;
  const char* term;
  const char* meaning;
};

constexpr TaskTerm kTaskTerms[] = {
    {Task::kPairs, "R@1, R@10",
     "Share of evaluation queries whose true partner is ranked first, or among the first ten."},
    {Task::kImages, "R@1 of pictures",
     "Share of the evaluation's pictures whose true name is ranked first, and of its names whose "
     "picture is: the mean of both. Where there are several evaluation sets, R@1 by itself is the "
     "mean over them."},
    {Task::kLabels, "Accuracy",
     "Share of the evaluation's pictures whose label the model finds most probable. Where there "
     "are several evaluation sets, accuracy by itself is the mean over them."},
    {Task::kText, "Bits per byte",
     "Mean over the bytes of the evaluation text of the negative base-2 logarithm of the "
     "probability that the model gave to the byte: lower is better. Where there are several "
     "evaluation sets, the value by itself is the mean over them."}};

Html measure_terms(const std::vector<Study>& studies) {
  Html terms;
  for (const TaskTerm& entry : kTaskTerms) {
    const bool used = std::any_of(studies.begin(), studies.end(), [&](const Study& study) {
      return study.experiment.task == entry.task;
    });
    if (used) terms += definition(entry.term, entry.meaning);
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

#include "report/arm_results.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <set>

namespace jest::apps::report {
namespace {

constexpr std::array<const char*, 13> kOrder = {
    kUniform,     kEqualComputeUniform,   "cascade",      "joint",
    "aligned",    "aligned-learnability", "flexi",        "independent",
    "mean-field", "easy-reference",       "hard-learner", "topk",
    "greedy"};

std::size_t rank_of(const std::string& arm) {
  return std::find(kOrder.begin(), kOrder.end(), arm_kind(arm)) - kOrder.begin();
}

Spread over(const std::vector<const Run*>& runs, const std::function<double(const Run&)>& value) {
  std::vector<double> values;
  for (const Run* run : runs) values.push_back(value(*run));
  return spread(std::move(values));
}

// Mean over the run of the target tag's share; a tag that an entry does not list was not picked.
double target_share(const Run& run, const std::string& target) {
  if (target.empty()) return kUnknown;
  std::vector<double> shares;
  for (const PickedTags& entry : run.picked_tags) {
    const auto found = entry.shares.find(target);
    shares.push_back(found == entry.shares.end() ? 0 : found->second);
  }
  return mean(shares);
}

struct Target {
  const Measure& measure;
  double value;
};

// The value at the evaluation that first reaches the target; never reached is infinite.
double at_target(const std::vector<Evaluation>& evaluations, const Target& target,
                 const std::function<double(const Evaluation&)>& value) {
  if (evaluations.empty() || std::isnan(target.value)) return kUnknown;
  for (const Evaluation& evaluation : evaluations) {
    if (reaches(target.measure, evaluation.score(), target.value)) return value(evaluation);
  }
  return std::numeric_limits<double>::infinity();
}

void measure_against_target(ArmResult& result, const Target& target) {
  result.steps_to_uniform = over(result.runs, [&](const Run& run) {
    return at_target(run.evaluations, target, [](const Evaluation& e) { return e.step; });
  });
  result.flops_to_uniform = over(result.runs, [&](const Run& run) {
    return at_target(run.metrics.evaluations, target,
                     [](const Evaluation& e) { return e.flops.run(); });
  });
  // Unknown where paid_once() is, of missed seeds too: they must not stand for the others.
  result.all_in_to_uniform = over(result.runs, [&](const Run& run) {
    return run.flops.paid_once() + at_target(run.metrics.evaluations, target,
                                             [](const Evaluation& e) { return e.flops.run(); });
  });
}

// Half of uniform's seeds may end below their own median; the whole run stands in then.
double needed(const Spread& to_target, const Spread& whole_run) {
  return std::isfinite(to_target.median) ? to_target.median : whole_run.median;
}

ArmResult measure(const std::string& arm, const Experiment& experiment) {
  ArmResult result;
  result.arm = arm;
  for (const Run& run : experiment.runs) {
    if (run.arm == arm) result.runs.push_back(&run);
  }
  std::stable_sort(result.runs.begin(), result.runs.end(),
                   [](const Run* a, const Run* b) { return a->seed < b->seed; });
  const auto& runs = result.runs;
  result.steps = over(runs, [](const Run& run) { return run.steps; });
  for (std::size_t i = 0; i < experiment.measures.size(); ++i) {
    result.finals.push_back(
        over(runs, [&](const Run& run) { return run.evaluations.back().values[i]; }));
  }
  result.run_flops = over(runs, [](const Run& run) { return run.flops.run(); });
  result.all_in_flops = over(runs, [](const Run& run) { return run.flops.all_in(); });
  result.seconds = over(runs, [](const Run& run) { return run.seconds.steps_only(); });
  result.selection_share =
      over(runs, [](const Run& run) { return run.seconds.selection / run.seconds.steps_only(); });
  result.target_share =
      over(runs, [&](const Run& run) { return target_share(run, experiment.target_tag); });
  return result;
}

}  // namespace

std::vector<ArmResult> arm_results(const Experiment& experiment) {
  std::vector<ArmResult> results;
  for (const Run& run : experiment.runs) {
    if (!find_arm(results, run.arm)) results.push_back(measure(run.arm, experiment));
  }
  std::stable_sort(results.begin(), results.end(), [](const ArmResult& a, const ArmResult& b) {
    return rank_of(a.arm) < rank_of(b.arm);
  });
  std::map<std::string, std::size_t> of_kind;
  for (ArmResult& result : results) result.variant = of_kind[arm_kind(result.arm)]++;
  const ArmResult* uniform = find_arm(results, kUniform);
  const Target target{experiment.primary(), uniform ? uniform->score().median : kUnknown};
  for (ArmResult& result : results) measure_against_target(result, target);
  return results;
}

AgainstUniform against_uniform(const ArmResult& arm, const ArmResult& uniform) {
  return {.steps_to_target =
              arm.steps_to_uniform.median / needed(uniform.steps_to_uniform, uniform.steps),
          .flops_to_target =
              arm.flops_to_uniform.median / needed(uniform.flops_to_uniform, uniform.run_flops),
          .all_in_to_target = arm.all_in_to_uniform.median /
                              needed(uniform.all_in_to_uniform, uniform.all_in_flops),
          .run_flops = arm.run_flops.median / uniform.run_flops.median,
          .all_in_flops = arm.all_in_flops.median / uniform.all_in_flops.median};
}

const ArmResult* find_arm(const std::vector<ArmResult>& results, const std::string& arm) {
  const auto found = std::find_if(results.begin(), results.end(),
                                  [&](const ArmResult& result) { return result.arm == arm; });
  return found == results.end() ? nullptr : &*found;
}

const ArmResult* featured_arm(const std::vector<ArmResult>& results) {
  const auto found = std::find_if(results.begin(), results.end(),
                                  [](const ArmResult& result) { return is_contender(result.arm); });
  return found == results.end() ? nullptr : &*found;
}

std::string arm_kind(const std::string& arm) { return arm.substr(0, arm.find(':')); }

bool scores_learnability(const std::string& arm) {
  static const std::set<std::string> kOthers = {"hard-learner",         "easy-reference", "aligned",
                                                "aligned-learnability", "infomax",        "greats",
                                                "selective-backprop"};
  return !kOthers.contains(arm_kind(arm));
}

bool is_contender(const std::string& arm) {
  const std::string kind = arm_kind(arm);
  return kind != kUniform && kind != kEqualComputeUniform && kind != "oracle";
}

}  // namespace jest::apps::report

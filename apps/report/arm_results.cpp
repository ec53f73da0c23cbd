// Medians over seeds of each arm.

#include "report/arm_results.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>

namespace jest::apps::report {
namespace {

/// Kinds in the order of the page's tables; others follow as they were run.
constexpr std::array<const char*, 13> kOrder = {
    "uniform",    "uniform@equal-compute", "cascade",      "joint",
    "aligned",    "aligned-learnability",  "flexi",        "independent",
    "mean-field", "easy-reference",        "hard-learner", "topk",
    "greedy"};

std::size_t rank_of(const ArmResult& arm) {
  return std::find(kOrder.begin(), kOrder.end(), arm.kind) - kOrder.begin();
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

// Half of uniform's seeds may end below their own median; the whole run stands in then.
double needed(const Spread& to_target, const Spread& whole_run) {
  return std::isfinite(to_target.median) ? to_target.median : whole_run.median;
}

ArmResult measure(const Run& first, const Experiment& experiment) {
  ArmResult result{
      .arm = first.arm, .kind = first.kind, .scored_by = first.scored_by, .role = first.role};
  for (const Run& run : experiment.runs) {
    if (run.arm == first.arm) result.runs.push_back(&run);
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
  result.joules = over(runs, [](const Run& run) { return run.joules.run; });
  result.all_in_joules = over(runs, [](const Run& run) { return run.joules.all_in(); });
  result.selection_share =
      over(runs, [](const Run& run) { return run.seconds.selection / run.seconds.steps_only(); });
  result.target_share =
      over(runs, [&](const Run& run) { return target_share(run, experiment.target_tag); });
  result.steps_to_uniform = over(runs, [](const Run& run) { return run.to_uniform.steps; });
  result.flops_to_uniform = over(runs, [](const Run& run) { return run.to_uniform.flops; });
  // Unknown where what is paid once is, of missed seeds too: they must not stand for the others.
  result.all_in_to_uniform = over(runs, [](const Run& run) {
    const bool missed = std::isinf(run.to_uniform.flops);
    return missed ? run.flops.paid_once() + run.to_uniform.flops : run.to_uniform.all_in;
  });
  return result;
}

}  // namespace

std::vector<ArmResult> arm_results(const Experiment& experiment) {
  std::vector<ArmResult> results;
  for (const Run& run : experiment.runs) {
    if (!find_arm(results, run.arm)) results.push_back(measure(run, experiment));
  }
  std::stable_sort(results.begin(), results.end(),
                   [](const ArmResult& a, const ArmResult& b) { return rank_of(a) < rank_of(b); });
  std::map<std::string, std::size_t> of_kind;
  for (ArmResult& result : results) result.variant = of_kind[result.kind]++;
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

const ArmResult* find_role(const std::vector<ArmResult>& results, Role role) {
  const auto found = std::find_if(results.begin(), results.end(),
                                  [&](const ArmResult& result) { return result.role == role; });
  return found == results.end() ? nullptr : &*found;
}

}  // namespace jest::apps::report

#pragma once
// What each arm of an experiment came to, over its seeds and against uniform.

#include <string>
#include <vector>

#include "report/run_data.hpp"
#include "report/statistics.hpp"

namespace jest::apps::report {

struct ArmResult {
  std::string arm;
  std::string kind = {};       ///< the arm without the options of its own
  std::string scored_by = {};  ///< "learnability", "hard_learner", ..., "none"
  Role role = Role::kContender;
  std::size_t variant = 0;            ///< how many arms of its kind stand before it
  std::vector<const Run*> runs = {};  ///< of the experiment that was given, by seed
  Spread steps = {};
  std::vector<Spread> finals = {};  ///< one per measure, at the end
  Spread run_flops = {}, all_in_flops = {};
  Spread seconds = {};  ///< without evaluation
  Spread joules = {}, all_in_joules = {};
  Spread selection_share = {};  ///< of a step's seconds
  Spread target_share = {};     ///< of all picks; unknown without tags

  /// Until the first evaluation at least as good as uniform's final median of the primary measure;
  /// infinite if never.
  Spread steps_to_uniform = {};
  /// The same in FLOPs; known only where metrics were read.
  Spread flops_to_uniform = {}, all_in_to_uniform = {};

  /// The primary measure at the end.
  const Spread& score() const { return finals.front(); }
};

/// One result per arm, uniform first, then in the order of design; unknown arms last.
/// Refers to `experiment`, which must outlive it.
std::vector<ArmResult> arm_results(const Experiment& experiment);

/// Ratios of medians, arm to uniform; what is not reached is infinite.
struct AgainstUniform {
  double steps_to_target, flops_to_target, all_in_to_target;
  double run_flops, all_in_flops;
};
AgainstUniform against_uniform(const ArmResult& arm, const ArmResult& uniform);

/// The arm of that name, or nullptr.
const ArmResult* find_arm(const std::vector<ArmResult>& results, const std::string& arm);

/// The first arm of that role, or nullptr. The page is about the first contender: the first of
/// cascade, joint, aligned, flexi, independent that was run, else the first that selects.
const ArmResult* find_role(const std::vector<ArmResult>& results, Role role);

}  // namespace jest::apps::report

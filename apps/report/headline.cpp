#include "report/headline.hpp"

#include <cmath>

#include "jest/core/error.hpp"
#include "report/number_format.hpp"

namespace jest::apps::report {
namespace {

constexpr double kLevel = 0.0005;  // differences that three decimals do not show

std::string after_steps(const ArmResult& arm) {
  return "after " + grouped(arm.steps.median) + " steps";
}

// "2.5 times fewer", "1.3 times more", "as many".
std::string step_comparison(double ratio) {
  if (ratio == 1) return "as many";
  return ratio < 1 ? times(1 / ratio) + " times fewer" : times(ratio) + " times more";
}

double final_lead(const ArmResult& arm, const ArmResult& other, const Measure& measure) {
  return lead(measure, arm.score().median, other.score().median);
}

std::string final_score(const ArmResult& arm, const Measure& measure) {
  return labelled(measure, arm.score().median);
}

std::string final_sentence(const ArmResult& arm, const ArmResult& uniform, const Measure& measure) {
  const double ahead = final_lead(arm, uniform, measure);
  const std::string score = final_score(arm, measure);
  const std::string uniform_score = score_text(uniform.score().median);
  const std::string uniform_end =
      arm.steps.median == uniform.steps.median ? "after as many" : after_steps(uniform);
  if (!std::isfinite(ahead)) {
    return text(arm.arm, " and uniform cannot be compared: no final ", measure.label, ". ");
  }
  if (std::abs(ahead) < kLevel) {
    return text(arm.arm, " and uniform ended level at ", score, ", ", arm.arm, " ",
                after_steps(arm), ", uniform ", uniform_end, ". ");
  }
  if (ahead < 0) {
    return text(arm.arm, " ended worse than uniform: ", score, " ", after_steps(arm), ", uniform ",
                uniform_score, " ", uniform_end, ". ");
  }
  return text(arm.arm, " reached ", score, " ", after_steps(arm), "; uniform ", uniform_score, " ",
              uniform_end, ". ");
}

std::string compute_clause(const AgainstUniform& ratios) {
  if (!std::isfinite(ratios.flops_to_target)) return "; the compute until then was not recorded.";
  const std::string run = text(", at ", times(ratios.flops_to_target), " times the compute; ");
  if (!std::isfinite(ratios.all_in_to_target)) {
    return run + "what the reference's training adds is unknown.";
  }
  return text(run, "with the reference's training and the pool's embedding counted, ",
              times(ratios.all_in_to_target), " times.");
}

// "2.5 times"; not known where the cost of a given reference is not.
std::string all_in_times(const AgainstUniform& ratios) {
  return std::isfinite(ratios.all_in_flops) ? times(ratios.all_in_flops) + " times" : "unknown";
}

// Who did reach what the median did not.
std::string some_seeds(const Spread& reached) {
  const int seeds = reached.known - reached.never;
  return seeds == 0 ? "" : text(" (", seeds, " of ", reached.known, " seeds did)");
}

std::string target_sentence(const ArmResult& arm, const AgainstUniform& ratios) {
  const Spread& reached = arm.steps_to_uniform;
  if (std::isnan(reached.median)) return "";
  if (std::isinf(reached.median)) {
    return text("It did not reach uniform's final score", some_seeds(reached), ", at ",
                times(ratios.run_flops), " times the compute (all-in ", all_in_times(ratios), ").");
  }
  return text("It reached uniform's final score after ", grouped(reached.median), " steps (",
              step_comparison(ratios.steps_to_target), ")", compute_clause(ratios));
}

std::string seeds_note(const ArmResult& arm, const ArmResult& uniform) {
  if (arm.runs.size() < 2 || uniform.runs.size() < 2) {
    return "One seed only for at least one of the two: the difference may be that seed's luck.";
  }
  const Spread &own = arm.score(), &other = uniform.score();
  const bool overlap = own.low <= other.high && other.low <= own.high;
  const std::string ranges = text(score_text(own.low), " to ", score_text(own.high), " against ",
                                  score_text(other.low), " to ", score_text(other.high));
  return text(
      "Scores are medians over seeds; the ranges over seeds, ", ranges,
      overlap ? ", overlap, so the difference at the end may be chance." : ", do not overlap.");
}

std::string whole_run_note(const ArmResult& arm, const AgainstUniform& ratios) {
  return text("The whole run of ", arm.arm, " cost ", times(ratios.run_flops),
              " times uniform's FLOPs, all-in ", all_in_times(ratios), ".");
}

// "as much compute" or how many times: `longer` has what plain joint selection takes, not `arm`.
std::string compute_beside(const ArmResult& arm, const ArmResult& longer) {
  constexpr double kAsMuch = 0.02;
  const double ratio = longer.run_flops.median / arm.run_flops.median;
  if (!std::isfinite(ratio)) return "an unknown amount of compute";
  if (std::abs(ratio - 1) <= kAsMuch) return "as much compute";
  return text(times(ratio), " times the compute of ", arm.arm);
}

std::string equal_compute_note(const ArmResult& arm, const ArmResult& longer,
                               const Measure& measure) {
  const double ahead = final_lead(arm, longer, measure);
  const std::string verdict = std::abs(ahead) < kLevel ? "level with "
                              : ahead > 0              ? "worse than "
                                                       : "better than ";
  return text("Uniform with ", compute_beside(arm, longer), " reached ",
              final_score(longer, measure), " ", after_steps(longer), ", ", verdict, arm.arm, ".");
}

/// Of those that anybody can run: what needs the tags of the pool is left out.
const ArmResult* best_arm(const std::vector<ArmResult>& results, const Measure& measure) {
  const ArmResult* best = find_role(results, Role::kContender);
  for (const ArmResult& result : results) {
    if (result.role != Role::kContender && result.role != Role::kRival) continue;
    if (final_lead(result, *best, measure) > kLevel) best = &result;
  }
  return best;
}

std::vector<std::string> notes_on(const ArmResult& arm, const std::vector<ArmResult>& results,
                                  const Measure& measure) {
  const ArmResult& uniform = *find_role(results, Role::kBaseline);
  std::vector<std::string> notes{seeds_note(arm, uniform),
                                 whole_run_note(arm, against_uniform(arm, uniform))};
  if (const ArmResult* longer = find_role(results, Role::kEqualCompute)) {
    notes.push_back(equal_compute_note(arm, *longer, measure));
  }
  const ArmResult* best = best_arm(results, measure);
  if (best != &arm) {
    notes.push_back(
        text("The best arm was ", best->arm, " with ", final_score(*best, measure), "."));
  }
  return notes;
}

}  // namespace

Headline headline(const std::vector<ArmResult>& results, const Measure& measure) {
  const ArmResult* uniform = find_role(results, Role::kBaseline);
  const ArmResult* arm = find_role(results, Role::kContender);
  if (arm && uniform) {
    return {final_sentence(*arm, *uniform, measure) +
                target_sentence(*arm, against_uniform(*arm, *uniform)),
            notes_on(*arm, results, measure)};
  }
  const ArmResult& only = arm ? *arm : results.front();
  const std::string reached =
      text(only.arm, " reached ", final_score(only, measure), " ", after_steps(only), ". ");
  return {reached + (uniform ? "No arm that selects was run, so there is nothing to compare."
                             : "Uniform was not run, so what selection gains is unknown."),
          {}};
}

}  // namespace jest::apps::report

// Runs as summary.json has them.

#include "jest/core/error.hpp"
#include "report/json_fields.hpp"
#include "report/run_data.hpp"

namespace jest::apps::report {
namespace {

PickedTags parse_picked_tags(const JsonFields& fields) {
  PickedTags entry{.step = fields.number("step"), .shares = fields.numbers()};
  entry.shares.erase("step");
  return entry;
}

// A part that is not listed cost nothing; null is unknown.
double spent(const JsonFields& fields, const std::string& part) {
  return fields.contains(part) ? fields.number(part) : 0;
}

}  // namespace

FlopCount parse_flops(const JsonFields& fields) {
  return {.learner_training = spent(fields, "learner_training"),
          .learner_scoring = spent(fields, "learner_scoring"),
          .reference_scoring = spent(fields, "reference_scoring"),
          .reference_training = spent(fields, "reference_training"),
          .pool_embedding = spent(fields, "pool_embedding")};
}

StageSeconds parse_seconds(const JsonFields& fields) {
  return {.load = fields.number_or("load", 0),
          .learner_scoring = fields.number_or("learner_scoring", 0),
          .reference_scoring = fields.number_or("reference_scoring", 0),
          .selection = fields.number_or("selection", 0),
          .gather = fields.number_or("gather", 0),
          .train = fields.number_or("train", 0),
          .evaluate = fields.number_or("evaluate", 0)};
}

std::vector<double> parse_values(const JsonFields& fields, const std::vector<Measure>& measures) {
  std::vector<double> values;
  for (const Measure& measure : measures) values.push_back(fields.number(measure.name));
  return values;
}

Joules parse_joules(const JsonFields& fields) {
  return {.run = fields.number("run"),
          .reference_training = fields.number("reference_training"),
          .pool_embedding = fields.number("pool_embedding")};
}

Role parse_role(const JsonFields& fields) {
  const Named<Role> kRoles[] = {{"baseline", Role::kBaseline},
                                {"control", Role::kControl},
                                {"equal_compute", Role::kEqualCompute},
                                {"oracle", Role::kOracle},
                                {"rival", Role::kRival},
                                {"contender", Role::kContender}};
  return by_name("read role of an arm", kRoles, fields.string("role"));
}

// Null is never, but for all-in costs of a run that got there: these are unknown.
ToUniform parse_to_uniform(const JsonFields& fields) {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  ToUniform result{.steps = fields.number_or("steps", kNever),
                   .flops = fields.number_or("flops", kNever),
                   .all_in = fields.number_or("all_in", kUnknown)};
  return result;
}

Run parse_run(const JsonFields& fields, const std::vector<Measure>& measures) {
  Run run;
  run.arm = fields.string("arm");
  run.kind = fields.string("kind");
  run.role = parse_role(fields);
  run.scored_by = fields.string("score");
  if (fields.has("to_uniform")) run.to_uniform = parse_to_uniform(fields.object("to_uniform"));
  run.seed = fields.unsigned_integer("seed");
  run.steps = fields.number("steps");
  for (const JsonFields& entry : fields.objects("evaluations")) {
    run.evaluations.push_back({.step = entry.number("step"),
                               .values = parse_values(entry, measures),
                               .flops = {},
                               .seconds = {}});
  }
  run.examples_scored = fields.number_or("examples_scored", kUnknown);
  run.examples_trained = fields.number_or("examples_trained", kUnknown);
  run.flops = parse_flops(fields.object("flops"));
  run.seconds = parse_seconds(fields.object("seconds"));
  if (fields.has("joules")) run.joules = parse_joules(fields.object("joules"));
  for (const JsonFields& entry : fields.objects_or_none("picked_tags")) {
    run.picked_tags.push_back(parse_picked_tags(entry));
  }
  return run;
}

}  // namespace jest::apps::report

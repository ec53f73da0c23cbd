#include "report/json_fields.hpp"
#include "report/run_data.hpp"

namespace jest {
namespace {

PickedTags parse_picked_tags(const JsonFields& fields) {
  PickedTags entry{.step = fields.number("step"), .shares = fields.numbers()};
  entry.shares.erase("step");
  return entry;
}

}  // namespace

FlopCount parse_flops(const JsonFields& fields) {
  return {.learner_training = fields.number_or("learner_training", 0),
          .learner_scoring = fields.number_or("learner_scoring", 0),
          .reference_scoring = fields.number_or("reference_scoring", 0),
          .reference_training = fields.number_or("reference_training", 0),
          .pool_embedding = fields.number_or("pool_embedding", 0)};
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

Run parse_run(const JsonFields& fields, const std::vector<Measure>& measures) {
  Run run;
  run.arm = fields.string("arm");
  run.seed = fields.integer("seed");
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
  for (const JsonFields& entry : fields.objects_or_none("picked_tags")) {
    run.picked_tags.push_back(parse_picked_tags(entry));
  }
  return run;
}

}  // namespace jest

// What a device reports, said the way the host's sampler says it.
#include "jest/core/error.hpp"
#include "jest/select/cuda.hpp"

namespace jest::cuda {

void check_report(const DeviceReport& report, const SelectionSpec& spec, std::int64_t candidates) {
  if ((report.faults & kNegativeId) != 0) refuse("select", "ids of at least 0", report.id);
  if ((report.faults & kRepeatedId) != 0) {
    refuse("select", "distinct ids", report.id, " more than once");
  }
  if ((report.faults & kTooFewEligible) != 0) {
    refuse("select", text(spec.count, " eligible candidates"), report.eligible, " of ", candidates,
           " (", candidates - report.eligible, " set aside as NaN)");
  }
  if ((report.faults & kOperandOverflow) != 0) {
    refuse("select", "embeddings that float16 can hold, or operands bfloat16 or tf32",
           "a finite value beyond 65504");
  }
  if ((report.faults & kLogitRange) != 0) {
    refuse("select", "softmax logits that route fused can sum, or route products",
           "a row's sum beyond float32");
  }
  if ((report.faults & kTooFewInRound) != 0) {
    const std::int64_t chunks = chunk_count(spec);
    const std::int64_t take = spec.count / chunks + (report.round < spec.count % chunks ? 1 : 0);
    refuse("select", text(take, " candidates to pick in round ", spec.first_round + report.round),
           report.available - report.minus_infinite, " of ", candidates, " (", report.nan_count,
           " set aside as NaN, ", report.minus_infinite, " scored -inf)");
  }
}

}  // namespace jest::cuda

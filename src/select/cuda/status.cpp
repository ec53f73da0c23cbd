// What a device reports, said the way the host's sampler says it.
#include "jest/core/error.hpp"
#include "jest/select/cuda.hpp"

namespace jest::cuda {

void check_status(const Status& status, const SelectionSpec& spec, std::int64_t candidates) {
  if ((status.faults & kNegativeId) != 0) refuse("select", "ids of at least 0", status.id);
  if ((status.faults & kRepeatedId) != 0) {
    refuse("select", "distinct ids", status.id, " more than once");
  }
  if ((status.faults & kTooFewEligible) != 0) {
    refuse("select", text(spec.count, " eligible candidates"), status.eligible, " of ", candidates,
           " (", candidates - status.eligible, " set aside as NaN)");
  }
  if ((status.faults & kOperandOverflow) != 0) {
    refuse("select", "embeddings that float16 can hold, or operands bfloat16 or tf32",
           "a finite value beyond 65504");
  }
  if ((status.faults & kLogitRange) != 0) {
    refuse("select", "softmax logits that route fused can sum, or route products",
           "a row's sum beyond float32");
  }
  if ((status.faults & kTooFewInRound) != 0) {
    const std::int64_t chunks = chunk_count(spec);
    const std::int64_t take = spec.count / chunks + (status.round < spec.count % chunks ? 1 : 0);
    refuse("select", text(take, " candidates to pick in round ", spec.first_round + status.round),
           status.available - status.minus_infinite, " of ", candidates, " (", status.nan_count,
           " set aside as NaN, ", status.minus_infinite, " scored -inf)");
  }
}

}  // namespace jest::cuda

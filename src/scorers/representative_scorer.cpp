// Features of a super-batch as the criterion of orthogonalised representativeness takes them.

#include "jest/scorers/representative_scorer.hpp"

#include <torch/torch.h>

#include "jest/criteria/orthogonal.hpp"
#include "jest/select/select.hpp"

namespace jest::detail {

Selection select_representatives(const at::Tensor& features, std::span<const std::int64_t> ids,
                                 const SelectionSpec& spec) {
  if (features.dim() != 2) {
    refuse("representative scorer", "gradient features [B, D]", features.sizes());
  }
  const at::Tensor rows = features.detach().to(at::kCPU, at::kFloat).contiguous();
  OrthogonalScores scores(matrix_view(rows.const_data_ptr<float>(), rows.size(0), rows.size(1)));
  return jest::select(scores, spec, ids);
}

}  // namespace jest::detail

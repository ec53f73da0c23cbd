#include "jest/model/scoring.hpp"

#include <torch/torch.h>

#include "jest/core/error.hpp"

namespace jest::detail {

void ScoredRows::append(const at::Tensor& part) {
  const std::int64_t rows = part.dim() > 0 ? part.size(0) : 0;
  if (filled_ == 0 && rows == total_) {
    all_ = part;
  } else if (filled_ + rows <= total_ && rows > 0) {
    if (!all_.defined()) {
      auto shape = part.sizes().vec();
      shape.front() = total_;
      all_ = torch::empty(shape, part.options());
    }
    all_.narrow(0, filled_, rows).copy_(part);
  }
  filled_ += rows;
}

at::Tensor ScoredRows::all() const {
  if (filled_ != total_) refuse("score", text(total_, " rows, one an example"), filled_);
  return all_;
}

}  // namespace jest::detail

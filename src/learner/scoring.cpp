#include "jest/learner/scoring.hpp"

#include <c10/core/impl/VirtualGuardImpl.h>
#include <torch/torch.h>

#include "jest/core/error.hpp"

namespace jest::detail {

void wait_for(const at::Tensor& result) {
  if (!result.defined() || result.is_cpu()) return;
  c10::impl::VirtualGuardImpl(result.device().type()).getStream(result.device()).synchronize();
}

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

// Rows of scoring passes, and what scoring leaves as it was.

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
  if (filled_ == total_) return all_;
  refuse(text("score ", what_, " of the ", whose_),
         text(total_, " rows, one an example (no mean over the batch)"), filled_);
}

SavedValues::SavedValues(std::vector<at::Tensor> tensors) : tensors_(std::move(tensors)) {
  for (const at::Tensor& tensor : tensors_) values_.push_back(tensor.detach().clone());
}

void SavedValues::restore() const {
  const torch::NoGradGuard no_gradient;
  for (std::size_t k = 0; k < tensors_.size(); ++k) tensors_[k].detach().copy_(values_[k]);
}

}  // namespace jest::detail

// Gradients summed over ranks: in buckets, and of tables the rows that a batch touched.

#include <torch/torch.h>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <span>
#include <utility>

#include "jest/core/views.hpp"
#include "jest/torch/world.hpp"
#include "process_groups.hpp"

namespace jest {
namespace {

/// A batch may touch few rows of it, as of a table of embeddings.
bool is_table(const at::Tensor& gradient) {
  constexpr std::int64_t kLarge = 1 << 20;
  return gradient.dim() == 2 && gradient.numel() >= kLarge && gradient.size(0) >= gradient.size(1);
}

/// Whether more than half of some 64 rows are not all zero.
bool seems_dense(const at::Tensor& table) {
  const at::Tensor some = table.slice(0, 0, table.size(0), table.size(0) / 64);
  return 2 * some.ne(0).any(1).sum().item<std::int64_t>() > some.size(0);
}

/// What is to be done with the gradient of a parameter: the largest of what each rank says.
enum class Gradient : std::uint8_t { kNone, kMaybeOfFewRows, kDense };

Gradient kind_of(const at::Tensor& gradient) {
  if (!gradient.defined()) return Gradient::kNone;
  return is_table(gradient) && !seems_dense(gradient) ? Gradient::kMaybeOfFewRows
                                                      : Gradient::kDense;
}

/// Of every parameter, [P]; the same on all ranks.
std::vector<Gradient> kinds_of(World& world, const std::vector<at::Tensor>& parameters) {
  std::vector<Gradient> kinds;
  for (const at::Tensor& parameter : parameters) kinds.push_back(kind_of(parameter.grad()));
  const std::vector<std::int64_t> sizes(detail::at(world.size()), std::ssize(kinds));
  std::vector<Gradient> all(kinds.size() * sizes.size());
  world.gather(std::as_bytes(std::span(kinds)), sizes, std::as_writable_bytes(std::span(all)));
  for (std::size_t k = 0; k < all.size(); ++k) {
    kinds[k % kinds.size()] = std::max(kinds[k % kinds.size()], all[k]);
  }
  return kinds;
}

/// The gradients of rows that no rank's batch touched are zero: the others alone are summed. False
/// where these are many.
bool sum_touched_rows(World& world, const at::Tensor& gradient) {
  const at::Tensor touched = gradient.abs().amax(1).ne(0).to(at::kInt);
  world.sum(touched);
  const at::Tensor rows = touched.nonzero().view(-1);
  if (2 * rows.numel() > gradient.size(0)) return false;
  const at::Tensor values = gradient.index_select(0, rows);
  world.sum(values);
  gradient.index_copy_(0, rows, values);
  return true;
}

}  // namespace

/// Sums gradients in buckets of one dtype and device, of which several are under way at a time.
class GradientBuckets {
 public:
  explicit GradientBuckets(World& world) : world_(world) {}

  void add(const at::Tensor& gradient) {
    const bool alike = gradients_.empty() || (gradients_[0].dtype() == gradient.dtype() &&
                                              gradients_[0].device() == gradient.device());
    if (!alike) send();
    gradients_.push_back(gradient);
    bytes_ += static_cast<std::int64_t>(gradient.nbytes());
    if (bytes_ >= kBytes) send();
  }

  void finish() {
    send();
    while (!sent_.empty()) receive();
  }

 private:
  /// As measured over Gloo (docs/many-machines.md); together about what one bucket of
  /// DistributedDataParallel holds.
  static constexpr std::int64_t kBytes = std::int64_t{4} << 20;
  static constexpr std::size_t kUnderWay = 8;

  struct Sent {
    std::vector<at::Tensor> gradients;
    std::vector<at::Tensor> total;        // one tensor
    c10::intrusive_ptr<c10d::Work> work;  // none where the total is there
  };

  void send() {
    if (gradients_.empty()) return;
    if (sent_.size() == kUnderWay) receive();
    std::vector<at::Tensor> flat;
    for (const at::Tensor& gradient : gradients_) flat.push_back(gradient.reshape(-1));
    sent_.push_back({std::exchange(gradients_, {}), {at::cat(flat)}, {}});
    sent_.back().work = world_.start_sum(sent_.back().total);
    bytes_ = 0;
  }

  void receive() {
    const Sent bucket = std::move(sent_.front());
    sent_.pop_front();
    if (bucket.work) detail::together(detail::kSum, [&] { return bucket.work; });
    std::int64_t first = 0;
    for (const at::Tensor& gradient : bucket.gradients) {
      const at::Tensor own = bucket.total[0].narrow(0, first, gradient.numel());
      gradient.copy_(own.view(gradient.sizes()));
      first += gradient.numel();
    }
  }

  World& world_;
  std::vector<at::Tensor> gradients_;  // of the bucket that is filled
  std::int64_t bytes_ = 0;
  std::deque<Sent> sent_;
};

void sum_gradients(World& world, const std::vector<at::Tensor>& parameters, double weight) {
  const at::NoGradGuard no_gradient;
  const std::vector<Gradient> kinds = kinds_of(world, parameters);
  GradientBuckets buckets(world);
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    if (kinds[k] == Gradient::kNone) continue;
    at::Tensor& gradient = parameters[k].mutable_grad();
    if (!gradient.defined()) gradient = at::zeros_like(parameters[k]);
    if (weight != 1) gradient.mul_(weight);
    const bool summed = kinds[k] == Gradient::kMaybeOfFewRows && sum_touched_rows(world, gradient);
    if (!summed) buckets.add(gradient);
  }
  buckets.finish();
}

}  // namespace jest

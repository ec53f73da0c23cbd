// Picks on a device: what its report says, and copies on the host.

#include <c10/core/StreamGuard.h>
#include <torch/torch.h>

#include <cstring>

#include "on_cuda.hpp"

namespace jest {
namespace {

cuda::DeviceReport report_of(const at::Tensor& bytes) {
  const at::Tensor host = bytes.to(at::kCPU);
  cuda::DeviceReport report;
  std::memcpy(&report, host.const_data_ptr(), sizeof(report));
  return report;
}

template <class Value>
std::vector<Value> values_of(const at::Tensor& tensor) {
  const at::Tensor host = tensor.to(at::kCPU).contiguous();
  return {host.data_ptr<Value>(), host.data_ptr<Value>() + host.numel()};
}

}  // namespace

void DevicePicks::check() const {
  const c10::OptionalStreamGuard copies_behind_the_selection(stream);
  if (report.defined()) cuda::check_report(report_of(report), spec, candidates);
}

Selection DevicePicks::selection() const {
  const c10::OptionalStreamGuard copies_behind_the_selection(stream);
  Selection result{{}, {}, statistics};
  if (report.defined()) {
    const cuda::DeviceReport said = report_of(report);
    cuda::check_report(said, spec, candidates);
    result.statistics.nan_count = said.nan_count;
    result.statistics.mean_own_score_super_batch = said.mean_own_score_super_batch;
    result.statistics.mean_own_score_picks = said.mean_own_score_picks;
    result.statistics.own_score_deviation = said.own_score_deviation;
  }
  result.indices = values_of<std::int64_t>(indices);
  result.scores = values_of<double>(scores);
  return result;
}

DevicePicks detail::picks_of_host(const Selection& selection, const SelectionSpec& spec,
                                  const at::Tensor& rows) {
  DevicePicks picks{.indices = index_tensor(selection).to(rows.device()),
                    .scores = torch::tensor(selection.scores, at::kDouble).to(rows.device()),
                    .report = {},
                    .spec = spec,
                    .candidates = rows.size(0),
                    .statistics = selection.statistics};
  return picks;
}

}  // namespace jest

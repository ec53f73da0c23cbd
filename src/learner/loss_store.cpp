// Writing, checking and looking up stored losses.

#include "jest/learner/stores.hpp"

#include <torch/torch.h>

#include "jest/torch/arrays.hpp"
#include "store_file.hpp"

namespace jest {

void write_loss_store(const std::filesystem::path& path, const LossStoreContent& content) {
  const bool fits = content.losses.dim() == 1 && content.losses.dtype() == at::kFloat &&
                    content.ids.dtype() == at::kLong &&
                    content.ids.sizes() == content.losses.sizes();
  if (!fits) {
    refuse("write loss store", "losses [rows] float32 and ids [rows] int64", "losses ",
           content.losses.sizes(), " ids ", content.ids.sizes());
  }
  const at::Tensor losses = content.losses.detach().to(at::kCPU).contiguous();
  const at::Tensor ids = content.ids.to(at::kCPU).contiguous();
  const ArrayView summed[] = {array_view(losses), array_view(ids)};
  save_tensors(path, {{"losses", losses}, {"ids", ids}},
               {{"fingerprint", content.fingerprint},
                {"rows", text(ids.size(0))},
                {"checksum", checksum(summed)}});
}

LossStore::LossStore(std::span<const std::int64_t> ids, std::span<const float> losses) {
  if (ids.size() != losses.size()) {
    refuse("loss store", "one loss per id", ids.size(), " ids and ", losses.size(), " losses");
  }
  for (std::size_t k = 0; k < ids.size(); ++k) {
    if (!loss_of_.emplace(ids[k], losses[k]).second) {
      refuse("loss store", "distinct ids", ids[k], " more than once");
    }
  }
}

LossStore::LossStore(const std::filesystem::path& path, const std::string& fingerprint)
    : LossStore([&] {
        SafetensorsFile file(path);
        if (!fingerprint.empty()) expect_metadata(file, "fingerprint", fingerprint);
        const ArrayView summed[] = {file.array("losses", "F32", 1), file.array("ids", "I64", 1)};
        expect_metadata(file, "rows", text(summed[1].shape[0]));
        expect_metadata(file, "checksum", checksum(summed));
        return LossStore(file.integers("ids", 1), file.floats("losses", 1));
      }()) {}

at::Tensor LossStore::gather(std::span<const std::int64_t> ids) const {
  at::Tensor losses = torch::empty({static_cast<std::int64_t>(ids.size())}, at::kFloat);
  for (std::size_t k = 0; k < ids.size(); ++k) {
    const auto found = loss_of_.find(ids[k]);
    if (found == loss_of_.end()) {
      refuse("reference losses", "every id of the super-batch in the store", "id ", ids[k],
             ", which is not");
    }
    losses.data_ptr<float>()[k] = found->second;
  }
  return losses;
}

}  // namespace jest

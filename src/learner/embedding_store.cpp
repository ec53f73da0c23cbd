// Writing, checking and looking up stored embeddings.

#include "jest/learner/stores.hpp"

#include <torch/torch.h>

#include <numeric>

#include "jest/criteria/contrastive.hpp"
#include "jest/torch/arrays.hpp"
#include "store_file.hpp"

namespace jest {
namespace {

void check_content(const StoreContent& content) {
  const auto& [x, y, scale, bias] = content.embeddings;
  const bool fits = x.dim() == 2 && x.sizes() == y.sizes() && x.dtype() == at::kFloat &&
                    y.dtype() == at::kFloat && content.ids.dim() == 1 &&
                    content.ids.dtype() == at::kLong && content.ids.size(0) == x.size(0) &&
                    scale.defined() && scale.numel() == 1;
  if (!fits) {
    refuse("write embedding store", "x, y [rows, d] float32, ids [rows] int64 and a 0-d scale",
           "x ", x.sizes(), " y ", y.sizes(), " ids ", content.ids.sizes());
  }
}

}  // namespace

void write_embedding_store(const std::filesystem::path& path, const StoreContent& content) {
  check_content(content);
  const at::Tensor x = content.embeddings.x.detach().to(at::kCPU).contiguous();
  const at::Tensor y = content.embeddings.y.detach().to(at::kCPU).contiguous();
  const at::Tensor ids = content.ids.to(at::kCPU).contiguous();
  const at::Tensor bias = content.embeddings.bias.defined()
                              ? content.embeddings.bias.detach().reshape({})
                              : torch::zeros({});
  const ArrayView summed[] = {array_view(x), array_view(y), array_view(ids)};
  save_tensors(path,
               {{"x", x},
                {"y", y},
                {"ids", ids},
                {"scale", content.embeddings.scale.detach().reshape({}).to(at::kDouble)},
                {"bias", bias.to(at::kDouble)}},
               {{"fingerprint", content.fingerprint},
                {"rows", text(x.size(0))},
                {"dtype", "F32"},
                {"checksum", checksum(summed)}});
}

EmbeddingStore::EmbeddingStore(const std::filesystem::path& path, const std::string& fingerprint)
    : file_(path) {
  if (!fingerprint.empty()) expect_metadata(file_, "fingerprint", fingerprint);
  const ArrayView& x = file_.array("x", "F32", 2);
  const ArrayView& y = file_.array("y", "F32", 2);
  const ArrayView& ids = file_.array("ids", "I64", 1);
  if (x.shape != y.shape || ids.shape[0] != x.shape[0]) {
    refuse("open embedding store " + path.string(), "x, y [rows, d] and ids [rows]", describe(x),
           ", ", describe(y), ", ", describe(ids));
  }
  expect_metadata(file_, "dtype", "F32");
  expect_metadata(file_, "rows", text(x.shape[0]));
  const ArrayView summed[] = {x, y, ids};
  expect_metadata(file_, "checksum", checksum(summed));
  x_ = matrix_view(file_.floats("x", 2).data(), x.shape[0], x.shape[1]);
  y_ = matrix_view(file_.floats("y", 2).data(), y.shape[0], y.shape[1]);
  scale_ = torch::scalar_tensor(file_.scalar("scale"), at::kDouble);
  bias_ = torch::scalar_tensor(file_.scalar("bias"), at::kDouble);
  std::int64_t row = 0;
  for (const std::int64_t id : file_.integers("ids", 1)) {
    if (!row_of_.emplace(id, row++).second) {
      refuse("open embedding store " + path.string(), "distinct ids", id, " more than once");
    }
  }
}

Embeddings EmbeddingStore::gather(std::span<const std::int64_t> ids) const {
  const auto count = static_cast<std::int64_t>(ids.size());
  at::Tensor x = torch::empty({count, x_.cols}, at::kFloat);
  at::Tensor y = torch::empty({count, y_.cols}, at::kFloat);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto found = row_of_.find(ids[i]);
    if (found == row_of_.end()) {
      refuse("reference embeddings", "every id of the super-batch in " + file_.path().string(),
             "id ", ids[i], ", which is not");
    }
    std::copy_n(x_.row(found->second), x_.cols, x.data_ptr<float>() + i * x_.cols);
    std::copy_n(y_.row(found->second), y_.cols, y.data_ptr<float>() + i * y_.cols);
  }
  file_.expect_unchanged();
  return {x, y, scale_, bias_};
}

LossStore EmbeddingStore::own_losses(Contrast contrast) const {
  const double scale = scale_.item<double>();
  const double bias = bias_.item<double>();
  std::vector<std::int64_t> ids;
  std::vector<float> losses;
  for (const auto& [id, row] : row_of_) {
    const double dot = std::inner_product(x_.row(row), x_.row(row) + x_.cols, y_.row(row), 0.0);
    ids.push_back(id);
    const double logit = scale * dot;
    const double own = contrast == Contrast::kSigmoid ? softplus(-(logit + bias)) : -logit;
    losses.push_back(static_cast<float>(own));
  }
  return {ids, losses};
}

}  // namespace jest

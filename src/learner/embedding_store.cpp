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

namespace {

/// A file of the library's own, checked.
GivenEmbeddings read_store(const std::filesystem::path& path, const std::string& fingerprint) {
  const auto file = std::make_shared<SafetensorsFile>(path);
  if (!fingerprint.empty()) expect_metadata(*file, "fingerprint", fingerprint);
  const ArrayView& x = file->array("x", "F32", 2);
  const ArrayView& y = file->array("y", "F32", 2);
  const ArrayView& ids = file->array("ids", "I64", 1);
  if (x.shape != y.shape || ids.shape[0] != x.shape[0]) {
    refuse("open embedding store " + path.string(), "x, y [rows, d] and ids [rows]", describe(x),
           ", ", describe(y), ", ", describe(ids));
  }
  expect_metadata(*file, "dtype", "F32");
  expect_metadata(*file, "rows", text(x.shape[0]));
  const ArrayView summed[] = {x, y, ids};
  expect_metadata(*file, "checksum", checksum(summed));
  const auto numbers = file->integers("ids", 1);
  return {.ids = {numbers.begin(), numbers.end()},
          .embeddings = {matrix_view(file->floats("x", 2).data(), x.shape[0], x.shape[1]),
                         matrix_view(file->floats("y", 2).data(), y.shape[0], y.shape[1]),
                         file->scalar("scale"), file->scalar("bias")},
          .memory = file,
          .expect_unchanged = [file] { file->expect_unchanged(); }};
}

std::unordered_map<std::int64_t, std::int64_t> rows_by_id(const std::vector<std::int64_t>& ids,
                                                          const std::string& operation) {
  std::unordered_map<std::int64_t, std::int64_t> row_of;
  std::int64_t row = 0;
  for (const std::int64_t id : ids) {
    if (!row_of.emplace(id, row++).second) refuse(operation, "distinct ids", id, " more than once");
  }
  return row_of;
}

}  // namespace

EmbeddingStore::EmbeddingStore(const std::filesystem::path& path, const std::string& fingerprint)
    : name_(path.string()),
      rows_(read_store(path, fingerprint)),
      row_of_(rows_by_id(rows_.ids, "open embedding store " + name_)) {}

EmbeddingStore::EmbeddingStore(GivenEmbeddings given)
    : name_("the store"),
      rows_(std::move(given)),
      row_of_(rows_by_id(rows_.ids, "embedding store")) {
  check_embeddings("embedding store", rows_.embeddings);
  if (std::ssize(rows_.ids) != rows_.embeddings.rows()) {
    refuse("embedding store", text(rows_.embeddings.rows(), " ids, one a row"), rows_.ids.size());
  }
}

Embeddings EmbeddingStore::gather(std::span<const std::int64_t> ids) const {
  const auto count = static_cast<std::int64_t>(ids.size());
  const auto& [from_x, from_y, scale, bias] = rows_.embeddings;
  at::Tensor x = torch::empty({count, from_x.cols}, at::kFloat);
  at::Tensor y = torch::empty({count, from_y.cols}, at::kFloat);
  for (std::int64_t i = 0; i < count; ++i) {
    const auto found = row_of_.find(ids[i]);
    if (found == row_of_.end()) {
      refuse("reference embeddings", "every id of the super-batch in " + name_, "id ", ids[i],
             ", which is not");
    }
    std::copy_n(from_x.row(found->second), from_x.cols, x.data_ptr<float>() + i * from_x.cols);
    std::copy_n(from_y.row(found->second), from_y.cols, y.data_ptr<float>() + i * from_y.cols);
  }
  if (rows_.expect_unchanged) rows_.expect_unchanged();
  return {x, y, torch::scalar_tensor(scale, at::kDouble), torch::scalar_tensor(bias, at::kDouble)};
}

LossStore EmbeddingStore::own_losses(Contrast contrast) const {
  const auto& [x, y, scale, bias] = rows_.embeddings;
  std::vector<std::int64_t> ids;
  std::vector<float> losses;
  for (const auto& [id, row] : row_of_) {
    const double dot = std::inner_product(x.row(row), x.row(row) + x.cols, y.row(row), 0.0);
    ids.push_back(id);
    const double logit = scale * dot;
    const double own = contrast == Contrast::kSigmoid ? softplus(-(logit + bias)) : -logit;
    losses.push_back(static_cast<float>(own));
  }
  return {ids, losses};
}

}  // namespace jest

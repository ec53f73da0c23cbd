#pragma once
// Reference embeddings by example id, computed once and memory-mapped.
//
// A safetensors file with x, y [rows, d] F32, ids [rows] I64, scale and bias 0-d F32 or F64, and
// metadata: fingerprint (of the model that made it), rows, dtype, checksum. The checksum is the
// CRC-32 of the bytes of x, y and ids, in this order, as eight hexadecimal digits
// (Python: format(zlib.crc32(x.tobytes() + y.tobytes() + ids.tobytes()), "08x")).

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <unordered_map>

#include "jest/io/safetensors.hpp"
#include "jest/learner/loss_store.hpp"
#include "jest/torch/embeddings.hpp"
#include "jest/torch/losses.hpp"

namespace jest {

struct StoreContent {
  Embeddings embeddings;    ///< x, y [rows, d] float32
  at::Tensor ids;           ///< [rows] int64, distinct
  std::string fingerprint;  ///< model_fingerprint() of the model, or any name of it
};

/// Writes a store atomically, of tensors of any device. Throws on mismatched shapes and dtypes.
JEST_EXPORT void write_embedding_store(const std::filesystem::path& path,
                                       const StoreContent& content);

class JEST_EXPORT EmbeddingStore {
 public:
  /// Refuses a file that is damaged, incomplete, stale (metadata and arrays disagree) or foreign
  /// (another fingerprint than `fingerprint`; an empty one accepts any). O(rows·d), once.
  EmbeddingStore(const std::filesystem::path& path, const std::string& fingerprint);

  std::int64_t rows() const { return static_cast<std::int64_t>(row_of_.size()); }

  /// Embeddings of `ids` in this order, copied. Throws when one is not in the store. O(n·d).
  Embeddings gather(std::span<const std::int64_t> ids) const;

  /// Own terms of every pair by itself, what easy-reference selection ranks by: softplus(−u_ii) of
  /// sigmoid models, −t·(x_i·y_i) of softmax ones. O(rows·d).
  LossStore own_losses(Contrast contrast = Contrast::kSigmoid) const;

 private:
  SafetensorsFile file_;
  std::unordered_map<std::int64_t, std::int64_t> row_of_;
  MatrixView x_;
  MatrixView y_;
  at::Tensor scale_;
  at::Tensor bias_;
};

}  // namespace jest

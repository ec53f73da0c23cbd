#pragma once
// What a reference says of examples, computed once and looked up by id: losses (the irreducible
// losses of RHO-LOSS) and embeddings.
//
// Both are safetensors files with ids [rows] I64 and metadata: fingerprint (of the model that made
// it), rows, checksum. One of losses has losses [rows] F32; one of embeddings x, y [rows, d] F32,
// scale and bias 0-d F32 or F64, and dtype in its metadata. The checksum is the CRC-32 of the bytes
// of losses and ids, or of x, y and ids, in this order, as eight hexadecimal digits
// (Python: format(zlib.crc32(x.tobytes() + y.tobytes() + ids.tobytes()), "08x")).

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "jest/core/error.hpp"
#include "jest/io/safetensors.hpp"
#include "jest/torch/embeddings.hpp"
#include "jest/torch/losses.hpp"

namespace torch::nn {
class Module;
}

namespace jest {

/// CRC-32 over names, shapes and bytes of every parameter and buffer, as eight hexadecimal digits.
JEST_EXPORT std::string model_fingerprint(const torch::nn::Module& module);

struct LossStoreContent {
  at::Tensor losses;        ///< [rows] float32
  at::Tensor ids;           ///< [rows] int64, distinct
  std::string fingerprint;  ///< of the model and of what it was shown of each example
};

/// Writes a store atomically, of tensors of any device. Throws on mismatched shapes and dtypes.
JEST_EXPORT void write_loss_store(const std::filesystem::path& path,
                                  const LossStoreContent& content);

class JEST_EXPORT LossStore {
 public:
  /// `ids` and `losses` of equal length; ids distinct.
  LossStore(std::span<const std::int64_t> ids, std::span<const float> losses);

  /// Refuses a file that is damaged, incomplete, stale or foreign (another fingerprint than
  /// `fingerprint`; an empty one accepts any). O(rows), once.
  LossStore(const std::filesystem::path& path, const std::string& fingerprint);

  /// Losses [n] of `ids`. Throws when one is not in the store.
  at::Tensor gather(std::span<const std::int64_t> ids) const;

 private:
  std::unordered_map<std::int64_t, float> loss_of_;
};

struct StoreContent {
  Embeddings embeddings;    ///< x, y [rows, d] float32
  at::Tensor ids;           ///< [rows] int64, distinct
  std::string fingerprint;  ///< model_fingerprint() of the model, or any name of it
};

/// Writes a store atomically, of tensors of any device. Throws on mismatched shapes and dtypes.
JEST_EXPORT void write_embedding_store(const std::filesystem::path& path,
                                       const StoreContent& content);

/// Embeddings of pairs that somebody else made, in memory that is not the store's own.
struct GivenEmbeddings {
  std::vector<std::int64_t> ids;  ///< [rows], distinct
  EmbeddingsView embeddings;
  std::shared_ptr<const void> memory = {};      ///< of the views
  std::function<void()> expect_unchanged = {};  ///< called at every look-up where it is set
};

class JEST_EXPORT EmbeddingStore {
 public:
  /// Throws unless there is one distinct id a row, and the embeddings are usable. O(rows).
  explicit EmbeddingStore(GivenEmbeddings given);

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
  std::string name_;
  GivenEmbeddings rows_;
  std::unordered_map<std::int64_t, std::int64_t> row_of_;
};

}  // namespace jest

#pragma once
// Reference losses by example id, computed once: the irreducible losses of RHO-LOSS.
//
// A safetensors file with losses [rows] F32, ids [rows] I64 and metadata: fingerprint (of the model
// that made it), rows, checksum. The checksum is the CRC-32 of the bytes of losses and ids, in this
// order, as eight hexadecimal digits.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <unordered_map>

#include "jest/core/error.hpp"

namespace jest {

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

}  // namespace jest

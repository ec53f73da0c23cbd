#pragma once
// One model's embeddings of a super-batch, as jest-select reads them.

#include <cstdint>
#include <filesystem>
#include <span>

#include "jest/core/views.hpp"
#include "jest/io/safetensors.hpp"

namespace jest::apps::select {

/// A safetensors file with x, y [B, d] F32, a 0-d scale and bias, and perhaps ids [B] I64.
class EmbeddingFile {
 public:
  explicit EmbeddingFile(const std::filesystem::path& path) : file_(path) {}

  /// x, y and scale; the bias is 0. Throws, naming the file, unless they are usable.
  EmbeddingsView unbiased();

  /// The same with the file's bias.
  EmbeddingsView biased();

  /// Empty when the file has none.
  std::span<const std::int64_t> ids();

  std::string name() const { return file_.path().string(); }

 private:
  MatrixView matrix(const std::string& name);

  SafetensorsFile file_;
};

}  // namespace jest::apps::select

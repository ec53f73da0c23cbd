#include "select/embedding_file.hpp"

namespace jest::apps::select {

EmbeddingsView EmbeddingFile::unbiased() {
  EmbeddingsView view{matrix("x"), matrix("y"), file_.scalar("scale"), 0};
  check_embeddings(name(), view);
  return view;
}

EmbeddingsView EmbeddingFile::biased() {
  EmbeddingsView view = unbiased();
  view.bias = file_.scalar("bias");
  check_embeddings(name(), view);
  return view;
}

std::span<const std::int64_t> EmbeddingFile::ids() {
  if (!file_.has("ids")) return {};
  const auto ids = file_.integers("ids", 1);
  if (ids.empty()) refuse(name(), "at least one id", "an empty array ids");
  return ids;
}

MatrixView EmbeddingFile::matrix(const std::string& name) {
  const std::span<const float> values = file_.floats(name, 2);
  const auto& shape = file_.array(name, "F32", 2).shape;
  return matrix_view(values.data(), shape[0], shape[1]);
}

}  // namespace jest::apps::select

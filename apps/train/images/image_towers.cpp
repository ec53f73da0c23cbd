#include "train/images/image_towers.hpp"

#include "train/images/caption_towers.hpp"
#include "train/images/glyph_towers.hpp"

namespace jest::apps::train {

ImageTowersImpl::ImageTowersImpl(const InitialLogits& initial) {
  log_scale_ = register_parameter("log_scale", torch::scalar_tensor(std::log(initial.scale)));
  bias_ = register_parameter("bias", torch::scalar_tensor(initial.bias));
}

Embeddings ImageTowersImpl::embed_alike(const ImageBatch& batch) {
  const Resolution resolution = batch.half_share() == 0 ? Resolution::kFull : Resolution::kHalf;
  // Bytes cross to a device, not numbers of four times their size.
  const at::Tensor images = batch.pixels().to(log_scale_.device()).to(at::kFloat).div_(255);
  return {embed_images(images, resolution), embed_names(batch.words()), log_scale_.exp(), bias_};
}

Embeddings ImageTowersImpl::embed_grouped(const ImageBatch& batch, const Groups& groups) {
  if (groups.in_full.empty()) return embed_alike(batch.seen_at(Resolution::kHalf));
  if (groups.at_half.empty()) return embed_alike(batch.seen_at(Resolution::kFull));
  const Embeddings half = embed_alike(batch.at(groups.at_half).seen_at(Resolution::kHalf));
  const Embeddings full = embed_alike(batch.at(groups.in_full).seen_at(Resolution::kFull));
  return {torch::cat({half.x, full.x}), torch::cat({half.y, full.y}), full.scale, full.bias};
}

ImageTowersImpl::Groups ImageTowersImpl::groups_of(const ImageBatch& batch) {
  Groups groups;
  for (std::int64_t k = 0; k < batch.rows().size(); ++k) {
    (batch.at_half(k) ? groups.at_half : groups.in_full).push_back(k);
  }
  return groups;
}

Embeddings ImageTowersImpl::embed(const ImageBatch& batch) {
  if (!batch.is_mixed()) return embed_alike(batch);
  const Groups groups = groups_of(batch);
  Embeddings result = embed_grouped(batch, groups);
  std::vector<std::int64_t> rows = groups.at_half;
  rows.insert(rows.end(), groups.in_full.begin(), groups.in_full.end());
  const at::Tensor back = torch::tensor(rows, at::kLong).argsort().to(result.x.device());
  result.x = result.x.index_select(0, back);
  result.y = result.y.index_select(0, back);
  return result;
}

ImageTowers load_image_towers(const SafetensorsFile& file) {
  const auto found = file.metadata().find("architecture");
  if (found != file.metadata().end() && found->second == kCaptionTowers) {
    return AnyTowers(load_caption_towers(file).ptr());
  }
  return AnyTowers(load_glyph_towers(file).ptr());
}

}  // namespace jest::apps::train

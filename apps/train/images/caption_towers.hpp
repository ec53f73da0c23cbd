#pragma once
// A residual network or a vision transformer for pictures, and a tower over hashed features for
// their captions, as text pairs have it.

#include "train/images/image_towers.hpp"
#include "train/images/picture_tower.hpp"
#include "train/pairs/text_towers.hpp"

namespace jest::apps::train {

inline constexpr const char* kCaptionTowers = "jest caption towers 1";

struct CaptionTowersSpec {
  PictureTowerSpec picture;
  std::int64_t buckets = 1 << 15;  ///< of the captions' features
  std::int64_t width = 128;        ///< of a feature's embedding
  std::int64_t hidden = 256;       ///< of the captions' tower
  double initial_bias = -5;

  TextTowersSpec text() const {
    return {.buckets = buckets, .width = width, .hidden = hidden, .embedding = picture.embedding};
  }
};

class CaptionTowersImpl : public ImageTowersImpl {
 public:
  explicit CaptionTowersImpl(const CaptionTowersSpec& spec);

  double forward_flops(Resolution resolution, double features) const override;
  std::int64_t side() const override { return spec_.picture.side; }
  std::int64_t colours() const override { return spec_.picture.colours; }
  const CaptionTowersSpec& spec() const { return spec_; }
  Metadata metadata() const override;

 protected:
  at::Tensor embed_images(const at::Tensor& images, Resolution resolution) override;
  at::Tensor embed_names(const FeatureBags& words) override;

 private:
  CaptionTowersSpec spec_;
  std::shared_ptr<PictureTowerImpl> picture_;
  TextTower caption_{nullptr};
};
TORCH_MODULE(CaptionTowers);

/// Of the model that make_caption_towers makes.
JEST_EXPORT double parameters_of(const CaptionTowersSpec& spec);

/// Initialised as a function of `seed` alone.
CaptionTowers make_caption_towers(const CaptionTowersSpec& spec, std::uint64_t seed);

/// What save_model wrote: the spec is in the metadata.
CaptionTowers load_caption_towers(const SafetensorsFile& file);

}  // namespace jest::apps::train

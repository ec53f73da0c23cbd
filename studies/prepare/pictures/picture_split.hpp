#pragma once
// Which pictures are trusted, selected from, and held out.

#include <cstdint>
#include <string>
#include <vector>

#include "prepare/pictures/captioned_picture.hpp"

namespace jest::studies {

struct PictureSpec {
  std::string language = "en";              ///< to specialise for
  std::vector<std::string> languages = {};  ///< of the pool; empty: all there are
  double held_out = 0.15;                   ///< share of the subjects, in (0, 1)
  double curated = 0.5;                     ///< share of the other stamps, in (0, 1)
  std::uint64_t seed = 1;
};

struct PictureSplit {
  std::vector<CaptionedPicture> curated;      ///< stamps, in the language
  std::vector<CaptionedPicture> pool;         ///< other stamps, and emoji, in all languages
  std::vector<CaptionedPicture> eval_stamps;  ///< of held-out subjects, in the language
  std::vector<CaptionedPicture> eval_emoji;
};

/// Subjects are those of English captions; pictures without one are left out. A subject is held
/// out, and a stamp curated, by a seeded order of what it is called. Pictures of one subject stay
/// together, and what has all words of a held-out stamp's subject among its own is in neither
/// curated nor pool.
PictureSplit split_pictures(const std::vector<CaptionedPicture>& stamps,
                            const std::vector<CaptionedPicture>& emoji, const PictureSpec& spec);

}  // namespace jest::studies

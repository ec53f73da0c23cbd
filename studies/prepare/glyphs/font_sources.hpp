#pragma once
// Which packages the fonts are taken from. A family's fonts, in all its packages, go to one place.

#include <string>
#include <vector>

namespace jest::studies {

enum class FontUse { kCurated, kPool, kEvaluation };

struct FontSource {
  std::string package;
  std::string tag;
  FontUse use = FontUse::kPool;
};

std::vector<FontSource> font_sources();

}  // namespace jest::studies

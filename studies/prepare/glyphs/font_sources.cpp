#include "prepare/glyphs/font_sources.hpp"

#include <array>
#include <string_view>

namespace jest::studies {
namespace {

/// Clean and complete text fonts in many styles.
constexpr std::array<std::string_view, 4> kCurated = {"dejavu-core", "dejavu-extra", "freefont-ttf",
                                                      "liberation"};

constexpr std::array<std::string_view, 3> kEvaluation = {"linuxlibertine", "oldstandard",
                                                         "sil-gentiumplus"};

/// Everything from books to toys, of many scripts, but for those with ideographs. Other versions of
/// the evaluation's families (sil-gentium, sil-gentium-basic, sil-gentiumplus-compact) are left
/// out. uralic's encodings are older than Unicode: its captions are wrong. aenigma is 465
/// decorative fonts.
// clang-format off
constexpr std::array<std::string_view, 49> kPool = {
    "adf-berenis", "adf-switzera", "adf-tribun", "aenigma", "arabeyes", "averia-gwf", "b612",
    "bpg-georgian", "cantarell", "cardo", "cegui", "clear-sans", "cmu", "comic-neue", "croscore",
    "crosextra-carlito", "dustin", "ebgaramond", "essays1743", "eurofurence", "fantasque-sans",
    "firacode", "georgewilliams", "gfs-artemisia", "gfs-didot", "go", "hack", "hosny-amiri",
    "jetbrains-mono", "kacst", "lato", "lmodern", "mononoki", "mph-2b-damase", "noto-core",
    "open-sans", "opendyslexic", "paratype", "roboto-unhinted", "sil-abyssinica", "sil-andika",
    "sil-charis", "sil-doulos", "stix", "symbola", "texgyre", "uralic", "urw-base35", "vollkorn"};
// clang-format on

}  // namespace

std::vector<FontSource> font_sources() {
  std::vector<FontSource> sources;
  const auto add = [&](const auto& names, FontUse use) {
    for (const std::string_view name : names) {
      // The two halves of DejaVu are one family.
      const std::string tag(name.starts_with("dejavu") ? name.substr(0, 6) : name);
      sources.push_back({"fonts-" + std::string(name), tag, use});
    }
  };
  add(kCurated, FontUse::kCurated);
  add(kPool, FontUse::kPool);
  add(kEvaluation, FontUse::kEvaluation);
  return sources;
}

}  // namespace jest::studies

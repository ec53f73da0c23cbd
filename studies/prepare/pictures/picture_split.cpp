#include "prepare/pictures/picture_split.hpp"

#include <algorithm>
#include <set>

#include "prepare/row_id.hpp"

namespace jest::studies {
namespace {

/// A share of all names, each by itself.
struct SeededShare {
  double share;
  SeededOrder order;

  bool operator()(const std::string& name) const {
    return static_cast<double>(order(row_id(name))) < share * 0x1p64;
  }
};

std::string subject(const CaptionedPicture& picture) {
  const auto english = picture.captions.find("en");
  return english == picture.captions.end() ? "" : subject_of(english->second);
}

/// With the captions that are wanted; none of `languages` means all.
CaptionedPicture captioned_in(const CaptionedPicture& picture,
                              const std::vector<std::string>& languages) {
  CaptionedPicture result = picture;
  std::erase_if(result.captions, [&](const auto& caption) {
    return !languages.empty() && std::ranges::find(languages, caption.first) == languages.end();
  });
  return result;
}

void add(std::vector<CaptionedPicture>& list, const CaptionedPicture& picture,
         const std::vector<std::string>& languages) {
  CaptionedPicture captioned = captioned_in(picture, languages);
  if (!captioned.captions.empty()) list.push_back(std::move(captioned));
}

}  // namespace

PictureSplit split_pictures(const std::vector<CaptionedPicture>& stamps,
                            const std::vector<CaptionedPicture>& emoji, const PictureSpec& spec) {
  const SeededShare is_held_out{spec.held_out, {spec.seed, Purpose::kHeldOut}};
  const SeededShare is_curated{spec.curated, {spec.seed, Purpose::kCurated}};
  const std::vector<std::string> one = {spec.language};
  PictureSplit split;
  std::set<std::string> held_out;
  for (const CaptionedPicture& stamp : stamps) {
    const std::string name = subject(stamp);
    if (name.empty() || !is_held_out(name)) continue;
    held_out.insert(name);
    add(split.eval_stamps, stamp, one);
  }
  const auto shows_held_out = [&](const std::string& name) {
    return std::ranges::any_of(held_out, [&](const auto& one) { return is_within(one, name); });
  };
  for (const CaptionedPicture& stamp : stamps) {
    const std::string name = subject(stamp);
    if (name.empty() || is_held_out(name) || shows_held_out(name)) continue;
    const bool trusted = is_curated(name);
    add(trusted ? split.curated : split.pool, stamp, trusted ? one : spec.languages);
  }
  for (const CaptionedPicture& sign : emoji) {
    const std::string name = subject(sign);
    if (name.empty()) continue;
    const bool evaluated = is_held_out(name);
    if (!evaluated && shows_held_out(name)) continue;
    add(evaluated ? split.eval_emoji : split.pool, sign, evaluated ? one : spec.languages);
  }
  return split;
}

}  // namespace jest::studies

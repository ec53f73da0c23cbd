#include "prepare/pictures/picture_captions.hpp"

#include <utility>

#include "jest/core/error.hpp"
#include "prepare/apt_folder.hpp"
#include "prepare/deb_packages.hpp"
#include "prepare/pictures/shard_file.hpp"
#include "prepare/progress.hpp"
#include "prepare/temporary_folder.hpp"

namespace jest::studies {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kStamps = "tuxpaint-stamps-default";
constexpr const char* kFont = "fonts-noto-color-emoji";
constexpr const char* kNames = "unicode-cldr-core";

void check(const PictureSpec& spec) {
  const auto check_share = [](const char* option, double share) {
    if (share > 0 && share < 1) return;
    refuse(text("picture-captions ", option), "a share above 0 and below 1", share);
  };
  check_share("--held-out", spec.held_out);
  check_share("--curated", spec.curated);
}

Json requested(const PictureCaptionsCommand& command) {
  const PictureSpec& spec = command.spec;
  std::string languages;
  for (const std::string& one : spec.languages) languages += (languages.empty() ? "" : ",") + one;
  if (languages.empty()) languages = "all";
  return {{"command",
           text("jest-data picture-captions --language ", spec.language, " --languages ", languages,
                " --held-out ", spec.held_out, " --curated ", spec.curated, " --seed ", spec.seed)},
          {"version", command.version},
          {"language", spec.language},
          {"languages", languages},
          {"held_out", spec.held_out},
          {"curated", spec.curated},
          {"seed", spec.seed}};
}

Json prepare(const PreparedFolder& folder, const PictureSpec& spec, Json request) {
  const TemporaryFolder private_folder;
  const auto& apt = private_folder.path();
  progress("fetching apt's indexes, about 50 MB");
  const ChildOutput output = update_apt(apt, {.languages = {}, .packages = true});
  for (const char* package : {kStamps, kFont, kNames}) {
    if (known_packages(apt).contains(package)) continue;
    refuse("apt-get update", text("a package ", package), first_error(output));
  }
  progress("fetching 3 packages, about 190 MB");
  const auto packages = fetch_packages(apt, {kStamps, kFont, kNames});
  unpack(packages[0],
         {{"./usr/share/tuxpaint/stamps/*.png", "./usr/share/tuxpaint/stamps/*.txt"}, {}},
         apt / "stamps");
  const auto font = unpack(packages[1], {{"*/NotoColorEmoji.ttf"}, {}}, apt / "font");
  unpack(packages[2], {{"./usr/share/unicode/cldr/common/annotations/*.xml"}, {}}, apt / "names");
  const auto stamps = read_stamps(apt / "stamps/usr/share/tuxpaint/stamps");
  progress("read ", stamps.size(), " stamps");
  const auto emoji = read_emoji(font.at(0).path, apt / "names");
  progress("drew ", emoji.size(), " emoji");
  request["packages"] = describe_packages(packages);
  return write_picture_captions(folder, split_pictures(stamps, emoji, spec), std::move(request));
}

}  // namespace

PreparedFolder picture_captions_folder(const std::filesystem::path& path) {
  return {
      "picture-captions", path, {"curated.tar", "pool.tar", "eval-stamps.tar", "eval-emoji.tar"}};
}

Json write_picture_captions(const PreparedFolder& folder, PictureSplit split, Json description) {
  remove_manifest(folder);
  std::size_t table = 0;
  for (auto* pictures : {&split.curated, &split.pool, &split.eval_stamps, &split.eval_emoji}) {
    const std::string& name = folder.tables.at(table++);
    if (pictures->empty()) {
      refuse(folder.command, "pictures in " + name + ": another --language, or other shares",
             "none");
    }
    progress("writing ", name);
    const std::size_t samples = pictures->size();
    const auto path = folder.path / name;
    const TagCounts counts = write_shard(path, std::move(*pictures));
    description["files"][name] = describe_table(path, counts);
    description["files"][name]["pictures"] = samples;
  }
  write_manifest(folder, description);
  return description;
}

void prepare_picture_captions(const PictureCaptionsCommand& command) {
  check(command.spec);
  const PreparedFolder folder = picture_captions_folder(command.out);
  fill_once(folder, requested(command),
            [&](Json request) { return prepare(folder, command.spec, std::move(request)); });
}

}  // namespace jest::studies

#pragma once
// The command `jest-data picture-captions`.

#include <filesystem>
#include <string>

#include "prepare/pictures/picture_split.hpp"
#include "prepare/prepared_folder.hpp"

namespace jest::studies {

struct PictureCaptionsCommand {
  PictureSpec spec;
  std::filesystem::path out;  // the folder to fill
  std::string version;        // of the program, for the manifest
};

/// Prepares Tux Paint's stamps and emoji with their names as shards in `out`, in the manner of
/// prepare_translations().
void prepare_picture_captions(const PictureCaptionsCommand& command);

PreparedFolder picture_captions_folder(const std::filesystem::path& path);

/// The stamps below a folder that holds the package's: every PNG with a .txt beside it.
std::vector<CaptionedPicture> read_stamps(const std::filesystem::path& folder);

/// Emoji that `font` draws and the annotations below `folder` name in English.
std::vector<CaptionedPicture> read_emoji(const std::filesystem::path& font,
                                         const std::filesystem::path& folder);

/// Fills the folder, and hands back its manifest.
nlohmann::ordered_json write_picture_captions(const PreparedFolder& folder, PictureSplit split,
                                              nlohmann::ordered_json description);

}  // namespace jest::studies

#pragma once
// Captions of Tux Paint's stamps.

#include <string_view>

#include "prepare/pictures/captioned_picture.hpp"

namespace jest::studies {

/// Reads the .txt beside a stamp: the first line in English, then "LANGUAGE.utf8=CAPTION" lines;
/// others are passed over, and so are empty captions and those that are not UTF-8. Empty where the
/// first line is.
Captions read_stamp_captions(std::string_view content);

}  // namespace jest::studies

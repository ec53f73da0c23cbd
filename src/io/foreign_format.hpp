#pragma once
// What a file is that is not what a reader wants, where its first bytes say so.

#include <string>
#include <string_view>

#include "jest/core/error.hpp"

namespace jest {

/// For the end of a message: "gzip (unpack it: gunzip)"; empty where nothing is recognised. Some
/// hundred bytes of the beginning are enough.
JEST_EXPORT std::string foreign_format(std::string_view beginning);

}  // namespace jest

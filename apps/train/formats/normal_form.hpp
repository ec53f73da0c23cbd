#pragma once
// Text that looks the same is the same: Unicode's canonical composition.

#include <string>
#include <string_view>

#include "jest/core/error.hpp"

namespace jest::apps::train {

/// `text` in NFC; what is not UTF-8 stays as it is. O(length).
JEST_EXPORT std::string composed(std::string_view text);

}  // namespace jest::apps::train
